//! Looks at the organizations that the queue names.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::check()
}
