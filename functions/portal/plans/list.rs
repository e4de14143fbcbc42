//! Serves `GET portal/plans/list`.

use service_manager::endpoints::portal::plans::list::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
