//! Serves `POST portal/additions/retry`.

use service_manager::endpoints::portal::additions::retry::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
