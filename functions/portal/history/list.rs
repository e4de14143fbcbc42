//! Serves `GET portal/history/list`.

use service_manager::endpoints::portal::history::list::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
