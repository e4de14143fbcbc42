//! Serves `POST portal/organizations/activate`.

use service_manager::endpoints::portal::organizations::activate::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
