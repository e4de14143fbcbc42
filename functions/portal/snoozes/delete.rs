//! Serves `POST portal/snoozes/delete`.

use service_manager::endpoints::portal::snoozes::delete::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
