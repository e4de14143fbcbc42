//! Serves `POST addons/update`.

use service_manager::endpoints::addons::update::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
