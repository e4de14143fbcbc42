//! Serves `POST accounts/exists`.

use service_manager::endpoints::accounts::exists::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
