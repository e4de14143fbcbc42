//! Serves `GET portal/usagekey/get`.

use service_manager::endpoints::portal::usagekey::get::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
