//! Serves `GET portal/audit/csv`.

use service_manager::endpoints::portal::audit::csv::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
