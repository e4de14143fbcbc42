//! Serves `GET portal/ticketrules/get`.

use service_manager::endpoints::portal::ticketrules::get::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
