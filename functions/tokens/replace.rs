//! Replaces the reseller token of an MSP. Invoked by hand.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::replace_token()
}
