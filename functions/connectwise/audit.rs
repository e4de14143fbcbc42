//! Carries out the billing audits in the queue. Triggered by the audit queue.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::audit()
}
