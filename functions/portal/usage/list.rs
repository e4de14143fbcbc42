//! Serves `GET portal/usage/list`.

use service_manager::endpoints::portal::usage::list::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
