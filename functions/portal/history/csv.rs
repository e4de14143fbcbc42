//! Serves `GET portal/history/csv`.

use service_manager::endpoints::portal::history::csv::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
