//! Moves a Dropbox team to another reseller. Invoked by hand.

fn main() -> Result<(), service_manager::runtime::lambda::Error> {
    service_manager::runtime::lambda::migrate_team()
}
