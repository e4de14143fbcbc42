//! Serves `POST portal/session/callback`.

use service_manager::endpoints::portal::session::callback::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
