//! Recovers abandoned jobs. Triggered by a schedule.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::reconcile()
}
