//! Serves `GET portal/agreements/list`.

use service_manager::endpoints::portal::agreements::list::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
