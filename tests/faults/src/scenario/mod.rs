//! Every effectful endpoint, in each state that changes which steps it takes.

mod action;
mod connectwise;
mod dropbox;
mod dropsuite;

use sandbox::stack::StartError;
use service_manager::vendor::VendorName;

use crate::request::Request;
use crate::world::{DEADLINE, World};

/// An endpoint's call, and what was done before.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The vendor that is sold.
    pub vendor: VendorName,
    /// Whether the MSP's ConnectWise is set up first.
    pub connectwise: bool,
    /// What it shows.
    pub name: &'static str,
    /// What was done before.
    pub before: Vec<Request>,
    /// The call that is disturbed.
    pub request: Request,
}

impl Scenario {
    /// A world in which what was done before is done.
    ///
    /// # Panics
    /// If one of it is refused.
    pub async fn prepared(&self) -> Result<World, StartError> {
        let world = World::new(self.vendor, DEADLINE).await?;
        if self.connectwise {
            world.set_up_connectwise().await;
        }
        for request in &self.before {
            let answer = world.call(request).await;
            assert!(answer.is_success(), "{}: {request:?}: {answer:?}", self.name);
        }
        Ok(world)
    }
}

/// All of them; with the variable `SCENARIO`, those whose names have that in them.
pub fn all() -> Vec<Scenario> {
    let wanted = std::env::var("SCENARIO").unwrap_or_default();
    let all = [dropsuite::all(), dropbox::all(), connectwise::all(), action::all()].concat();
    all.into_iter().filter(|scenario| scenario.name.contains(&wanted)).collect()
}
