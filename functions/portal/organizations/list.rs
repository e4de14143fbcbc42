//! Serves `GET portal/organizations/list`.

use service_manager::endpoints::portal::organizations::list::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
