//! Serves `POST portal/plans/update`.

use service_manager::endpoints::portal::plans::update::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
