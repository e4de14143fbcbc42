//! Serves `GET portal/links/list`.

use service_manager::endpoints::portal::links::list::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
