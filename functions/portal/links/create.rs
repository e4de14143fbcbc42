//! Serves `POST portal/links/create`.

use service_manager::endpoints::portal::links::create::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
