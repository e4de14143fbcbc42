//! Vendor-neutral types: accounts, plans, organizations and mailbox backups.

use jiff::SignedDuration;
use rust_decimal::Decimal;

use crate::domain::account::Candidate;
use crate::domain::error::ServiceError;
use crate::domain::ids::{ExternalId, PlanId};
use crate::domain::plan::ProductType;
use crate::domain::search_position::SearchPosition;

/// An account at the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPresence {
    /// Vendor id.
    pub id: ExternalId,
    /// Reason why the account cannot be used, for a person; `None` if it can be used.
    pub unusable_reason: Option<String>,
    /// Reference that the vendor's object carries; empty if there is none.
    pub reference: String,
}

/// One part of a search: the candidates found, and the position at which the search continues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchPage {
    /// Accounts that may match.
    pub candidates: Vec<Candidate>,
    /// Position at which the search continues; `None` if it is complete.
    pub next: Option<SearchPosition>,
}

/// State of a live subscription at the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisioned {
    /// Plan that was ordered.
    pub ordered: PlanId,
    /// Plan that the vendor bills. An add-on can make it differ from `ordered`.
    pub billed: PlanId,
    /// Number of units that the vendor bills.
    pub quantity: u32,
}

/// A plan that a partner can sell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedPlan {
    /// Vendor id.
    pub id: PlanId,
    /// Vendor's name of the plan.
    pub name: String,
    /// Kind of product.
    pub product_type: ProductType,
    /// Price of a unit for a billing period, as the vendor lists it; `None` if the vendor's text is not a number.
    pub price: Option<Decimal>,
    /// ISO 4217 currency code.
    pub currency: String,
    /// Billing period, in the vendor's words.
    pub periodicity: String,
}

/// A customer at the vendor, as the partner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Vendor id.
    pub id: ExternalId,
    /// Name.
    pub name: String,
    /// Reference that the organization carries; empty if there is none.
    pub reference: String,
}

/// A mailbox that the vendor backs up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxBackup {
    /// Vendor id.
    pub id: String,
    /// Email address.
    pub address: String,
    /// State of the backup.
    pub backup: BackupStatus,
}

/// The mailboxes of an organization.
#[derive(Debug, Default)]
pub struct MailboxList {
    /// The mailboxes.
    pub mailboxes: Vec<MailboxBackup>,
    /// The reason that the list may lack mailboxes. A mailbox that an incomplete list lacks may exist.
    pub incomplete: Option<ServiceError>,
}

/// State of a mailbox's backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupStatus {
    /// The last backup completed.
    Healthy,
    /// The backup fails.
    Failing(BackupFailure),
    /// The mailbox is no longer backed up.
    Disabled,
    /// A backup is in progress, or the vendor's status has no known meaning.
    Unknown,
}

/// A failing backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupFailure {
    /// Name of the rule by which it counts as failing.
    pub rule: &'static str,
    /// The vendor's error message.
    pub error: String,
    /// Time that it must last before it counts, because the vendor may complete the backup by itself.
    pub delay: SignedDuration,
}
