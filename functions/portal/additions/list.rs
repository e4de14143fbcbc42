//! Serves `GET portal/additions/list`.

use service_manager::endpoints::portal::additions::list::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
