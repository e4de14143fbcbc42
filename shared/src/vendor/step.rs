//! Changes at a vendor: the next one needed, and the ones made so far.

use crate::domain::account::Email;
use crate::domain::ids::ExternalId;
use crate::http_client::Request;

/// What is to be done next so that the vendor has what is wished.
#[derive(Clone, Debug)]
pub enum NextStep<T> {
    /// Nothing: it is so.
    Converged(T),
    /// One change.
    Apply(Box<Step>),
}

impl<T> NextStep<T> {
    /// One change.
    pub fn step(step: Step) -> Self {
        Self::Apply(Box::new(step))
    }
}

/// One change at a vendor.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it is called, for the record and the log.
    pub name: &'static str,
    /// The call.
    pub request: Request,
    /// What it brings forth, if it does, which must never happen twice.
    pub creates: Option<CreatedResource>,
}

/// What a step brings forth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreatedResource {
    /// The account.
    Account,
    /// The tenant of the account's subscriptions.
    Tenant {
        /// Who administers it.
        login: Email,
        /// The reseller that it is made for, by its id in the vendor's partner portal.
        reseller_id: String,
        /// What was there before and could be taken for it.
        others: Vec<ExternalId>,
    },
    /// A subscription in a tenant that is there.
    Subscription,
}

/// What happened so far in one run towards a wish.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Whether it may be there already: look before creating.
    pub check_before_create: bool,
    /// Whether it may be a create of ours, whose answer was lost, that made it.
    pub create_unconfirmed: bool,
    /// What a create brought forth, if it is known.
    pub created: Option<ExternalId>,
    /// The steps that the vendor answered with success in this run.
    pub applied_steps: Vec<&'static str>,
}

impl Progress {
    /// Whether `step` was performed in this run.
    pub fn has(&self, step: &str) -> bool {
        self.applied_steps.contains(&step)
    }
}
