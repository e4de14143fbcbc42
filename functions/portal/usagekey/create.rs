//! Serves `POST portal/usagekey/create`.

use service_manager::endpoints::portal::usagekey::create::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
