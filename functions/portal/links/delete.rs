//! Serves `POST portal/links/delete`.

use service_manager::endpoints::portal::links::delete::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
