//! Serves `POST portal/organizations/unsubscribe`.

use service_manager::endpoints::portal::organizations::unsubscribe::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
