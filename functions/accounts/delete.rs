//! Serves `POST accounts/delete`.

use service_manager::endpoints::accounts::delete::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
