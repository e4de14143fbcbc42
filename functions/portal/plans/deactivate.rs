//! Serves `POST portal/plans/deactivate`.

use service_manager::endpoints::portal::plans::deactivate::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
