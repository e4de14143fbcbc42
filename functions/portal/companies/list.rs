//! Serves `GET portal/companies/list`.

use service_manager::endpoints::portal::companies::list::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
