//! Serves `POST subscriptions/activate`.

use service_manager::endpoints::subscriptions::activate::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
