//! Serves `GET portal/organizations/get`.

use service_manager::endpoints::portal::organizations::get::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
