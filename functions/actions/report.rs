//! Serves `POST actions/report`.

use service_manager::endpoints::actions::report::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
