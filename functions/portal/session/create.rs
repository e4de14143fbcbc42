//! Serves `POST portal/session/create`.

use service_manager::endpoints::portal::session::create::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
