//! Serves `POST portal/audit/apply`.

use service_manager::endpoints::portal::audit::apply::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
