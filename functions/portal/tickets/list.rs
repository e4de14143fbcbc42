//! Serves `GET portal/tickets/list`.

use service_manager::endpoints::portal::tickets::list::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
