//! Serves `POST subscriptions/update`.

use service_manager::endpoints::subscriptions::update::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
