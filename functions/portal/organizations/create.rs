//! Serves `POST portal/organizations/create`.

use service_manager::endpoints::portal::organizations::create::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
