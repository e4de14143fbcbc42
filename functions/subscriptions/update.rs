//! Serves `POST subscriptions/update`.

use service_manager::endpoints::subscriptions::update::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
