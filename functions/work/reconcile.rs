//! Finishes abandoned work, on a schedule.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::reconcile()
}
