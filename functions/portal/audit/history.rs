//! Serves `GET portal/audit/history`.

use service_manager::endpoints::portal::audit::history::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
