//! Has every linked organization looked at, on a schedule.

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::monitor()
}
