//! Serves `POST portal/ticketfields/save`.

use service_manager::endpoints::portal::ticketfields::save::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
