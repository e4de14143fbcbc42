//! Looks at the organizations that the queue names.

fn main() -> Result<(), service_manager::lambda::Error> {
    service_manager::lambda::check()
}
