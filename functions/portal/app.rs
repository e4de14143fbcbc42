//! Serves `GET portal/app`.

use service_manager::endpoints::portal::app::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
