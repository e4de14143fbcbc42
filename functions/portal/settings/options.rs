//! Serves `GET portal/settings/options`.

use service_manager::endpoints::portal::settings::options::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
