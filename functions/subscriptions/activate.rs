//! Serves `POST subscriptions/activate`.

use service_manager::endpoints::subscriptions::activate::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
