//! Serves `POST portal/organizations/suspend`.

use service_manager::endpoints::portal::organizations::suspend::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
