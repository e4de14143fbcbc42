//! Serves `POST accounts/delete`.

use service_manager::endpoints::accounts::delete::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
