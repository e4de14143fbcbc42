//! What the vendor should hold, by models that a reader takes in at a glance.

pub mod dropbox;
pub mod dropsuite;

use std::fmt::Debug;

use fastrand::Rng;
use serde_json::Value;
use service_manager::domain::error_code::ErrorCode;
use service_manager::vendor::VendorName;

use crate::request::Request;

/// One account, and what becomes of it.
pub trait Model: Clone + Send {
    /// What an operator, a customer or a storefront does with it.
    type Operation: Copy + Debug + Send;

    /// The vendor that is sold.
    const VENDOR: VendorName;

    /// One that nobody has heard of.
    fn new(number: u32) -> Self;

    /// What is done before all else.
    fn setting() -> Vec<Request>;

    /// Any operation. Without the vendor's own `net`, the refusal of a second object of the same kind, none that counts on it.
    fn any(random: &mut Rng, net: bool) -> Self::Operation;

    /// Two that may come at once: what holds afterwards is what the second says, whichever came last.
    fn rivals(&self, random: &mut Rng) -> [Self::Operation; 2];

    /// The call that does `operation`.
    fn request(&self, operation: Self::Operation) -> Request;

    /// Does `operation`, or says with which code it is refused.
    fn apply(&mut self, operation: Self::Operation) -> Result<(), ErrorCode>;

    /// What is wrong with what the vendor holds.
    fn diverges(&self, vendor: &Value) -> Option<String>;
}
