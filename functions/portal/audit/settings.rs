//! Serves `POST portal/audit/settings`.

use service_manager::endpoints::portal::audit::settings::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
