//! Serves `POST portal/ticketrules/save`.

use service_manager::endpoints::portal::ticketrules::save::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
