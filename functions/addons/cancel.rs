//! Serves `POST addons/cancel`.

use service_manager::endpoints::addons::cancel::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
