//! Serves `GET portal/identity/get`.

use service_manager::endpoints::portal::identity::get::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
