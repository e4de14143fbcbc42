//! Serves `GET fields/get`.

use service_manager::endpoints::fields::get::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
