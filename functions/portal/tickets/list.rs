//! Serves `GET portal/tickets/list`.

use service_manager::endpoints::portal::tickets::list::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
