//! Serves `POST subscriptions/cancel`.

use service_manager::endpoints::subscriptions::cancel::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
