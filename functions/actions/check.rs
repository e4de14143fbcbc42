//! Checks the organizations in the queue. Triggered by the check queue.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::check()
}
