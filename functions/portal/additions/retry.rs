//! Serves `POST portal/additions/retry`.

use service_manager::endpoints::portal::additions::retry::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
