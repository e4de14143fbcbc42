//! What every vendor has, in one form: accounts, plans, organizations and the backups of mailboxes.

use rust_decimal::Decimal;

use crate::domain::account::Candidate;
use crate::domain::ids::{ExternalId, PlanId};
use crate::domain::plan::ProductType;

/// An account at the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPresence {
    /// The vendor's id.
    pub id: ExternalId,
    /// Why it can't be used, if it can't.
    pub unusable_reason: Option<String>,
}

/// What one stretch of a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchPage {
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
pub struct MailboxBackup {
    /// The vendor's id.
    pub id: String,
    /// Its address.
    pub address: String,
    /// How its backup is.
    pub backup: BackupStatus,
}

/// How a mailbox's backup is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupStatus {
    /// The last one was made.
    Healthy,
    /// It fails, for this reason.
    Failing(String),
    /// None is made any more.
    Disabled,
    /// It is under way, or the vendor says something that tells nothing.
    Unknown,
}
