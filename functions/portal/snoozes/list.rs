//! Serves `GET portal/snoozes/list`.

use service_manager::endpoints::portal::snoozes::list::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
