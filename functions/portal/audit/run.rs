//! Serves `POST portal/audit/run`.

use service_manager::endpoints::portal::audit::run::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
