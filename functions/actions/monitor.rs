//! Has every linked organization looked at, on a schedule.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::monitor()
}
