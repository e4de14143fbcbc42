//! Serves `POST accounts/synchronize`.

use service_manager::endpoints::accounts::synchronize::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
