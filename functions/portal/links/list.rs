//! Serves `GET portal/links/list`.

use service_manager::endpoints::portal::links::list::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
