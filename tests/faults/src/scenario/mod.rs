//! Every effectful endpoint, in each state that changes which steps it takes.

mod action;
mod connectwise;
mod dropbox;
mod dropsuite;

use jiff::SignedDuration;
use sandbox::stack::StartError;
use service_manager::store::CREATING_WINDOW;
use service_manager::vendor::VendorName;
use service_manager::workers::sync::CONNECTWISE_CREATE_WINDOW;

use crate::harness::{DEADLINE, Harness};
use crate::request::Request;
use crate::request::action::CHECK;

/// A call of an endpoint, and the requests before it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The vendor that is sold.
    pub vendor: VendorName,
    /// Sets up the MSP's ConnectWise first.
    pub connectwise: bool,
    /// Name of the scenario.
    pub name: &'static str,
    /// Requests made before.
    pub before: Vec<Request>,
    /// The call with the fault.
    pub request: Request,
}

impl Scenario {
    /// Returns the time for which a create without response may still complete, and is not sent again.
    pub fn create_window(&self) -> SignedDuration {
        match (self.connectwise, self.request.path) {
            (true, CHECK) => CREATING_WINDOW,
            (true, _) => CONNECTWISE_CREATE_WINDOW,
            (false, _) => SignedDuration::ZERO,
        }
    }

    /// Starts a stack and makes the requests before the call.
    ///
    /// # Panics
    /// One of these requests is rejected.
    pub async fn prepared(&self) -> Result<Harness, StartError> {
        let harness = Harness::new(self.vendor, DEADLINE).await?;
        if self.connectwise {
            harness.set_up_connectwise().await;
        }
        for request in &self.before {
            let answer = harness.call_patiently(request).await;
            assert!(answer.is_success(), "{}: {request:?}: {answer:?}", self.name);
        }
        Ok(harness)
    }
}

/// Returns all scenarios. If the variable `SCENARIO` is set, only those whose names contain it.
pub fn all() -> Vec<Scenario> {
    let wanted = std::env::var("SCENARIO").unwrap_or_default();
    let all = [dropsuite::all(), dropbox::all(), connectwise::all(), action::all()].concat();
    all.into_iter().filter(|scenario| scenario.name.contains(&wanted)).collect()
}
