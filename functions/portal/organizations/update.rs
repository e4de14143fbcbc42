//! Serves `POST portal/organizations/update`.

use service_manager::endpoints::portal::organizations::update::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
