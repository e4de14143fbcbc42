//! Changes at a vendor: the next change needed, and the changes made so far.

use jiff::Timestamp;

use crate::domain::account::Email;
use crate::domain::ids::ExternalId;
use crate::http_client::Request;

/// The next change needed to reach the desired state, if any.
#[derive(Clone, Debug)]
pub enum NextStep<T> {
    /// The vendor is in the desired state.
    Converged(T),
    /// A change is needed.
    Apply(Box<Step>),
}

impl<T> NextStep<T> {
    /// Returns `step` as the next change.
    pub fn step(step: Step) -> Self {
        Self::Apply(Box::new(step))
    }
}

/// One change at a vendor.
#[derive(Clone, Debug)]
pub struct Step {
    /// Name of the change, for the record and the log.
    pub name: &'static str,
    /// Request to send.
    pub request: Request,
    /// Object that the change creates, if any. Such a change must never be made twice.
    pub creates: Option<CreatedResource>,
    /// End of the term until which a cancelled subscription stays live, if the change ends its renewal.
    pub live_until: Option<Timestamp>,
}

/// An object that a step creates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreatedResource {
    /// The account.
    Account,
    /// The tenant of the account's subscriptions.
    Tenant {
        /// Email address of the tenant's first administrator.
        login: Email,
        /// Reseller of the tenant, by its id in the vendor's partner portal.
        reseller_id: String,
        /// Existing tenants that could be mistaken for the new one.
        pre_existing: Vec<ExternalId>,
    },
    /// A subscription in an existing tenant.
    Subscription,
}

/// Progress of one run towards the desired state.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// `true` if the object may already exist: search before creating.
    pub check_before_create: bool,
    /// `true` if an unconfirmed create of ours may have created the object.
    pub create_unconfirmed: bool,
    /// Id of the created object, if known.
    pub created: Option<ExternalId>,
    /// Names of the steps that the vendor confirmed in this run.
    pub applied_steps: Vec<&'static str>,
}

impl Progress {
    /// Returns `true` if the vendor confirmed `step` in this run.
    pub fn has(&self, step: &str) -> bool {
        self.applied_steps.contains(&step)
    }
}
