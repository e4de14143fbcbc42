//! Serves `POST portal/plans/create`.

use service_manager::endpoints::portal::plans::create::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
