//! Serves `POST portal/identity/delete`.

use service_manager::endpoints::portal::identity::delete::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
