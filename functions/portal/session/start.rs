//! Serves `POST portal/session/start`.

use service_manager::endpoints::portal::session::start::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
