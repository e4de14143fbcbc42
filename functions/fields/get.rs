//! Serves `GET fields/get`.

use service_manager::endpoints::fields::get::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
