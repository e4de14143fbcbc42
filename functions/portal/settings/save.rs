//! Serves `POST portal/settings/save`.

use service_manager::endpoints::portal::settings::save::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
