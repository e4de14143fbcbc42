//! Serves `GET portal/session/get`.

use service_manager::endpoints::portal::session::get::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
