//! Serves `GET portal/agreements/list`.

use service_manager::endpoints::portal::agreements::list::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
