//! Serves `POST portal/session/create`.

use service_manager::endpoints::portal::session::create::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
