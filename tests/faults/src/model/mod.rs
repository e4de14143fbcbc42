//! Simple models of the state that the vendor should have.

pub mod channels;
pub mod dropbox;
pub mod dropsuite;

use std::fmt::Debug;

use fastrand::Rng;
use serde_json::Value;
use service_manager::domain::error_code::ErrorCode;
use service_manager::vendor::VendorName;

use crate::harness::Harness;
use crate::request::{Request, Settings};

/// The model of one account.
pub trait Model: Clone + Send {
    /// An operation of an operator, a customer or a storefront.
    type Operation: Copy + Debug + Send;

    /// The vendor that is sold.
    const VENDOR: VendorName;

    /// Creates an account that is not synchronized yet.
    fn new(number: u32) -> Self;

    /// Returns the requests of the set-up.
    fn setting() -> Vec<Request>;

    /// Returns the operations that sell to a new account.
    fn sale(random: &mut Rng) -> [Self::Operation; 2];

    /// Returns a random operation. `rejects_duplicates` is the vendor's protection against duplicates; without it, operations that
    /// depend on it are excluded.
    fn any(random: &mut Rng, rejects_duplicates: bool) -> Self::Operation;

    /// Returns two operations that may be concurrent. The final state is that of the second, in either order.
    fn rivals(&self, random: &mut Rng) -> [Self::Operation; 2];

    /// Returns `true` if another partner's tokens do not just sell to the account: it has something at the vendor, or is
    /// linked.
    fn has_history(&self) -> bool;

    /// Returns the request of `operation`.
    fn request(&self, operation: Self::Operation) -> Request;

    /// Applies `operation`, called with `settings`, or returns the code with which it is rejected.
    fn apply(&mut self, operation: Self::Operation, settings: Settings) -> Result<(), ErrorCode>;

    /// Changes or removes what the account has at the vendor, as the partner does in the vendor's own portal. Returns a name
    /// of the change; `None` if the account has nothing there.
    fn change_in_portal(&mut self, harness: &Harness, random: &mut Rng) -> Option<&'static str>;

    /// Returns the difference between the vendor's state and the model, if any.
    fn diverges(&self, vendor: &Value) -> Option<String>;
}
