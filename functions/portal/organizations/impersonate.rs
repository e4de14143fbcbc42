//! Serves `POST portal/organizations/impersonate`.

use service_manager::endpoints::portal::organizations::impersonate::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
