//! Serves `POST portal/links/bulk`.

use service_manager::endpoints::portal::links::bulk::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
