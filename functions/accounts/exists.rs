//! Serves `POST accounts/exists`.

use service_manager::endpoints::accounts::exists::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
