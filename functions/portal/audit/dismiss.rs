//! Serves `POST portal/audit/dismiss`.

use service_manager::endpoints::portal::audit::dismiss::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
