//! Serves `POST addons/create`.

use service_manager::endpoints::addons::create::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
