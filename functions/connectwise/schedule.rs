//! Starts the billing audits that are due. Triggered by a schedule, or invoked by hand.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::schedule()
}
