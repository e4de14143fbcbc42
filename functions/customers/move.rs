//! Moves a customer to another MSP. Invoked by hand.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::move_customer()
}
