//! Serves `GET service/definitions`.

use service_manager::endpoints::service::definitions::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
