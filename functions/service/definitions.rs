//! Serves `GET service/definitions`.

use service_manager::endpoints::service::definitions::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
