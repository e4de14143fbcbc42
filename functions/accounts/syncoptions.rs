//! Serves `GET accounts/syncoptions`.

use service_manager::endpoints::accounts::syncoptions::ENDPOINT;

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::serve(&ENDPOINT)
}
