//! Has the additions in ConnectWise follow the subscriptions, by the table's stream.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::additions()
}
