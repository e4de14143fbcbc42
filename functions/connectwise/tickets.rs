//! Synchronizes service tickets in ConnectWise with failing actions. Triggered by the table's stream.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::tickets()
}
