//! Every effectful endpoint, in each state that changes which steps it takes.

mod dropbox;
mod dropsuite;

use service_manager::vendor::Name;

use crate::request::Request;

/// An endpoint's call, and what was done before.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The vendor that is sold.
    pub vendor: Name,
    /// What it shows.
    pub name: &'static str,
    /// What was done before.
    pub before: Vec<Request>,
    /// The call that is disturbed.
    pub request: Request,
}

/// All of them.
pub fn all() -> Vec<Scenario> {
    [dropsuite::all(), dropbox::all()].concat()
}
