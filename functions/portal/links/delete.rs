//! Serves `POST portal/links/delete`.

use service_manager::endpoints::portal::links::delete::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
