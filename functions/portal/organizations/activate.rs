//! Serves `POST portal/organizations/activate`.

use service_manager::endpoints::portal::organizations::activate::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
