//! Serves `GET fields/additionalinfo`.

use service_manager::endpoints::fields::additionalinfo::ENDPOINT;

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::serve(&ENDPOINT)
}
