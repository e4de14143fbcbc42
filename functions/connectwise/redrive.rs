//! Takes up again what the stream's consumer could not do, on a schedule and by hand.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::redrive()
}
