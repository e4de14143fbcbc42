//! Serves `POST portal/settings/save`.

use service_manager::endpoints::portal::settings::save::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
