//! Serves `POST portal/organizations/invite`.

use service_manager::endpoints::portal::organizations::invite::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
