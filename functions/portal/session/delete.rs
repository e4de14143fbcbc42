//! Serves `POST portal/session/delete`.

use service_manager::endpoints::portal::session::delete::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
