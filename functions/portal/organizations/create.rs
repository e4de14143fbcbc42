//! Serves `POST portal/organizations/create`.

use service_manager::endpoints::portal::organizations::create::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
