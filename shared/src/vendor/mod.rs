//! The vendors behind the endpoints.
//!
//! A vendor is a folder with its contract as data, pure functions from wishes to requests and from responses to
//! outcomes, and one arm in each `match` below. [`Sender`] does all the I/O. What a vendor gives the endpoints is
//! [`Next`]: given the wish and what the vendor says now, either "it is so" or the one change to make next.

mod answer;
mod definition;
mod dispatch;
pub mod dropbox;
pub mod dropsuite;
mod limiter;
mod name;
mod sender;

use std::time::Duration;

pub use answer::MAX_WORDS;
pub use dispatch::{AccountGoal, SubscriptionGoal, Vendor, Wanted};
pub use name::Name;
pub use sender::{CallLog, CallMade, Effect, JSON, Request, Response, Sender};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::account::Email;
use crate::bss::Settings;
use crate::deadline::Deadline;
use crate::ids::{ExternalId, PlanId};

/// How a vendor call failed, told by whether the vendor can have acted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum VendorError {
    /// Nothing was changed: it was never sent, or it only read.
    #[error("not reached: {reason}")]
    Unreached {
        /// What happened, for the log.
        reason: String,
    },
    /// A change was sent and not answered; it may have been made.
    #[error("unanswered: {reason}")]
    Unknown {
        /// What happened, for the log.
        reason: String,
    },
    /// The credentials were refused; nothing was changed.
    #[error("credentials refused")]
    Credentials,
    /// The credentials are good but not for this; nothing was changed.
    #[error("not permitted: {message}")]
    NotPermitted {
        /// The vendor's words.
        message: String,
    },
    /// The vendor asked to be left alone; nothing was changed.
    #[error("too many requests")]
    Busy {
        /// For how long.
        retry_after: Option<Duration>,
    },
    /// The vendor does not know what was named; nothing was changed.
    #[error("not found")]
    Absent,
    /// The input was refused; nothing was changed.
    #[error("refused: {message}")]
    Refused {
        /// The vendor's words.
        message: String,
        /// The members that it named.
        members: Vec<String>,
        /// Whether it said that something is there already.
        duplicate: bool,
    },
    /// An answer that can't be read; a change was made, if one was asked for.
    #[error("unreadable answer: {reason}")]
    Unreadable {
        /// What was wrong with it.
        reason: String,
    },
}

/// What is to be done next so that the vendor has what is wished.
#[derive(Clone, Debug)]
pub enum Next<T> {
    /// Nothing: it is so.
    Done(T),
    /// One change.
    Step(Box<Step>),
}

impl<T> Next<T> {
    /// One change.
    pub fn step(step: Step) -> Self {
        Self::Step(Box::new(step))
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
    pub creates: Option<Creates>,
}

/// What a step brings forth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creates {
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
    pub look_first: bool,
    /// Whether it may be a create of ours, whose answer was lost, that made it.
    pub perhaps_created: bool,
    /// What a create brought forth, if it is known.
    pub created: Option<ExternalId>,
    /// The steps that the vendor answered with success in this run.
    pub performed: Vec<&'static str>,
}

impl Progress {
    /// Whether `step` was performed in this run.
    pub fn has(&self, step: &str) -> bool {
        self.performed.contains(&step)
    }
}

/// An account at the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// The vendor's id.
    pub id: ExternalId,
    /// Why it can't be used, if it can't.
    pub invalid: Option<String>,
}

/// Something at the vendor that may be the account that is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The vendor's id.
    pub id: ExternalId,
    /// Whether it carries our reference.
    pub reference: bool,
    /// Whether it has the email address.
    pub email: bool,
    /// Whether it has the name.
    pub name: bool,
}

/// What one stretch of a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    /// The candidates.
    pub candidates: Vec<Candidate>,
    /// Where the search goes on; none if it is at its end.
    pub next_page: Option<u32>,
}

/// What a live subscription is at the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisioned {
    /// The plan that was ordered.
    pub ordered: PlanId,
    /// The plan that the vendor bills, which an add-on may have made another one.
    pub billed: PlanId,
    /// How many it bills.
    pub quantity: u32,
}

/// A plan that a partner can sell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedPlan {
    /// The vendor's id.
    pub id: PlanId,
    /// What the vendor calls it.
    pub name: String,
    /// What it sells.
    pub product_type: ProductType,
    /// What the vendor takes for a unit, or what it lists; none if that is no number.
    pub price: Option<Decimal>,
    /// ISO 4217.
    pub currency: String,
    /// How often it is billed, in the vendor's words.
    pub periodicity: String,
}

/// What a plan sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductType {
    /// Backup, by seats.
    Backup,
    /// Backup and archive, by seats.
    Archive,
    /// Personal or basic backup, by storage.
    Personal,
}

/// A customer at the vendor, as its partner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// The vendor's id.
    pub id: ExternalId,
    /// Its name.
    pub name: String,
    /// The reference that it carries; empty if none.
    pub reference: String,
}

/// A mailbox that the vendor backs up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// The vendor's id.
    pub id: String,
    /// Its address.
    pub address: String,
    /// How its backup is.
    pub backup: Backup,
}

/// How a mailbox's backup is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backup {
    /// The last one was made.
    Well,
    /// It fails, for this reason.
    Failing(String),
    /// None is made any more.
    Off,
    /// It is under way, or the vendor says something that tells nothing.
    Unknown,
}

/// Who calls the vendor, and what it may spend.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// The partner's settings.
    pub settings: &'a Settings,
    /// When the answer must have left.
    pub deadline: Deadline,
    /// Where calls are noted.
    pub log: &'a CallLog,
}
