//! Has the tickets in ConnectWise follow the actions that fail, by the table's stream.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::tickets()
}
