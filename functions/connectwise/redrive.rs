//! Retries pending and failed synchronizations and the stream's dead letters. Triggered by a schedule, or invoked by hand.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::redrive()
}
