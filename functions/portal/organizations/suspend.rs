//! Serves `POST portal/organizations/suspend`.

use service_manager::endpoints::portal::organizations::suspend::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
