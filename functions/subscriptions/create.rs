//! Serves `POST subscriptions/create`.

use service_manager::endpoints::subscriptions::create::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
