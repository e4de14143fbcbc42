//! Serves `POST subscriptions/upgradetopaid`.

use service_manager::endpoints::subscriptions::upgradetopaid::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
