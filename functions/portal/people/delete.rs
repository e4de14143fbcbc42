//! Serves `POST portal/people/delete`.

use service_manager::endpoints::portal::people::delete::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
