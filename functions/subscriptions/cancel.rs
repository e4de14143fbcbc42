//! Serves `POST subscriptions/cancel`.

use service_manager::endpoints::subscriptions::cancel::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
