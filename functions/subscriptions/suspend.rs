//! Serves `POST subscriptions/suspend`.

use service_manager::endpoints::subscriptions::suspend::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
