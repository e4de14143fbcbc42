//! Serves `POST portal/links/create`.

use service_manager::endpoints::portal::links::create::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
