//! Serves `POST addons/cancel`.

use service_manager::endpoints::addons::cancel::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
