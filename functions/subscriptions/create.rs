//! Serves `POST subscriptions/create`.

use service_manager::endpoints::subscriptions::create::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
