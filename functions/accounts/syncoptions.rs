//! Serves `GET accounts/syncoptions`.

use service_manager::endpoints::accounts::syncoptions::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
