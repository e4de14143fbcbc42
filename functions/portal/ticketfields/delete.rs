//! Serves `POST portal/ticketfields/delete`.

use service_manager::endpoints::portal::ticketfields::delete::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
