//! Serves `POST portal/tickets/retry`.

use service_manager::endpoints::portal::tickets::retry::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
