//! Synchronizes agreement additions in ConnectWise with subscriptions and links. Triggered by the table's stream.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::additions()
}
