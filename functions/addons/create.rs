//! Serves `POST addons/create`.

use service_manager::endpoints::addons::create::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
