//! Serves `POST subscriptions/suspend`.

use service_manager::endpoints::subscriptions::suspend::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
