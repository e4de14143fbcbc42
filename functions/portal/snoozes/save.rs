//! Serves `POST portal/snoozes/save`.

use service_manager::endpoints::portal::snoozes::save::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
