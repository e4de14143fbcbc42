//! Serves `POST fields/validate`.

use service_manager::endpoints::fields::validate::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
