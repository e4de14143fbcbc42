//! Serves `POST portal/usagekey/revoke`.

use service_manager::endpoints::portal::usagekey::revoke::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
