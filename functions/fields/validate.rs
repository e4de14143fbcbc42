//! Serves `POST fields/validate`.

use service_manager::endpoints::fields::validate::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
