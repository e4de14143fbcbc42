//! Serves `POST portal/settings/credentials`.

use service_manager::endpoints::portal::settings::credentials::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
