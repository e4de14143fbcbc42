//! Serves `GET portal/links/suggestions`.

use service_manager::endpoints::portal::links::suggestions::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
