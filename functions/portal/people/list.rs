//! Serves `GET portal/people/list`.

use service_manager::endpoints::portal::people::list::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
