//! Finishes abandoned work, on a schedule.

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::reconcile()
}
