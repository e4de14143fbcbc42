//! Serves `GET portal/settings/get`.

use service_manager::endpoints::portal::settings::get::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
