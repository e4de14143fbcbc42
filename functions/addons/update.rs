//! Serves `POST addons/update`.

use service_manager::endpoints::addons::update::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
