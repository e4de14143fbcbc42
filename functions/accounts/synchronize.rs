//! Serves `POST accounts/synchronize`.

use service_manager::endpoints::accounts::synchronize::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
