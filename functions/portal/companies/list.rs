//! Serves `GET portal/companies/list`.

use service_manager::endpoints::portal::companies::list::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
