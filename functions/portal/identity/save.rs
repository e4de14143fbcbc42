//! Serves `POST portal/identity/save`.

use service_manager::endpoints::portal::identity::save::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
