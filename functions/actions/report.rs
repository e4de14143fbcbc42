//! Serves `POST actions/report`.

use service_manager::endpoints::actions::report::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
