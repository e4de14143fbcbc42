//! Serves `GET portal/ticketfields/list`.

use service_manager::endpoints::portal::ticketfields::list::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
