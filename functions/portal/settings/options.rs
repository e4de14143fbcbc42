//! Serves `GET portal/settings/options`.

use service_manager::endpoints::portal::settings::options::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
