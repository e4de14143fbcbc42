//! Serves `POST portal/people/save`.

use service_manager::endpoints::portal::people::save::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
