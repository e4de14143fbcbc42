//! Serves `GET portal/audit/list`.

use service_manager::endpoints::portal::audit::list::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
