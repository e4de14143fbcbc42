//! Serves `GET portal/usage/csv`.

use service_manager::endpoints::portal::usage::csv::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
