//! Vendor-neutral types: accounts, plans, organizations and mailbox backups.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use secrecy::SecretString;

use crate::domain::account::{Candidate, Country};
use crate::domain::error::ServiceError;
use crate::domain::ids::{ExternalId, PlanId};
use crate::domain::list_position::ListPosition;
use crate::domain::plan::ProductType;
use crate::domain::term::Term;

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
    pub next: Option<ListPosition>,
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
    /// Current term; `None` if the vendor sells no terms or does not tell, and in a trial.
    pub term: Option<Term>,
    /// End of the trial; `None` if the vendor does not show it, and if it is no trial.
    pub trial_ends_at: Option<Timestamp>,
}

/// A trial, as the vendor shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownTrial {
    /// The vendor does not tell trials from other subscriptions.
    NotTold,
    /// A trial with its end. It is in use if `is_active`.
    Until {
        /// End, which may have passed.
        ends_at: Timestamp,
        /// `false` once it has ended, and while it is suspended.
        is_active: bool,
    },
    /// The subscription is no trial.
    NoTrial,
}

/// A tenant, as the vendor shows it to its reseller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownTenant {
    /// `true` if the tenant can be used.
    pub is_active: bool,
    /// `true` if it is a trial, for which nothing is billed.
    pub is_trial: bool,
    /// First day, in UTC, that the vendor bills to another reseller, if the tenant is moved to it now.
    pub billed_from: Date,
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

/// A customer at the vendor, with all that the partner's portal shows of it. Its texts are fit for people: one line, without
/// markup, at most 300 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Vendor id.
    pub id: ExternalId,
    /// Name.
    pub name: String,
    /// Login of the owner; the vendor often shows the partner's own address instead.
    pub email: String,
    /// State of its subscription.
    pub state: CustomerState,
    /// `true` if its owner cannot sign in.
    pub login_disabled: bool,
    /// Vendor id of its plan; `None` if it has none.
    pub plan: Option<PlanId>,
    /// Its plan; `None` if the partner no longer has it.
    pub listed_plan: Option<ListedPlan>,
    /// Number of licensed seats.
    pub seats: u32,
    /// Number of seats in use.
    pub seats_used: u32,
    /// `true` if the vendor adjusts the seats to the use.
    pub auto_license: bool,
    /// Number of seats that the vendor bills; `None` if it does not tell.
    pub billable_seats: Option<u32>,
    /// Number of seats that are backed up; `None` if the vendor does not tell.
    pub active_seats: Option<u32>,
    /// Number of seats that are no longer backed up and whose data is kept; `None` if the vendor does not tell.
    pub deactivated_seats: Option<u32>,
    /// Time of its creation; `None` if the vendor does not tell.
    pub created_at: Option<Timestamp>,
    /// Time at which its owner last signed in; `None` if the vendor does not tell.
    pub last_signed_in: Option<Timestamp>,
    /// Time at which it was unsubscribed; `None` if the vendor does not tell.
    pub deactivated_since: Option<Timestamp>,
    /// ISO 3166 two-letter code; `None` if the vendor does not tell.
    pub country: Option<Country>,
    /// Addresses that get notifications.
    pub notification_emails: Vec<String>,
    /// Reference that it carries; empty if there is none.
    pub reference: String,
}

impl Customer {
    /// Returns `true` if it is billed by the seat, `false` if once; `None` if its product is unknown.
    pub fn by_seats(&self) -> Option<bool> {
        self.listed_plan.as_ref()?.by_seats
    }
}

/// State of a customer's subscription at the vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CustomerState {
    /// In force.
    Active,
    /// Log-ins are disabled. Backups and billing continue.
    Suspended,
    /// Ended.
    Unsubscribed,
}

/// A plan as the vendor lists it, also one that cannot be sold here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPlan {
    /// Vendor's name of the plan.
    pub name: String,
    /// `true` if it is billed by the seat, `false` if once; `None` if the product is unknown.
    pub by_seats: Option<bool>,
    /// Price of a unit for a billing period; `None` if the vendor's text is not a number.
    pub price: Option<Decimal>,
    /// ISO 4217 currency code.
    pub currency: String,
    /// Billing period, in the vendor's words.
    pub periodicity: String,
    /// Months of the billing period; `None` if the vendor's word for it is unknown.
    pub months: Option<u32>,
    /// Billing period as a noun: `month` or `year`, else in the vendor's words.
    pub period: String,
}

/// How much of a list one request reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// One page.
    Page,
    /// As many pages as the time and the vendor's limit of a search allow.
    Search,
}

/// A part of the list of customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerList {
    /// The partner's own customers.
    pub customers: Vec<Customer>,
    /// Number of rows left out because they do not carry the partner's identity: customers of its sub-partners.
    pub other_resellers: u32,
    /// Number of rows left out because they cannot be read.
    pub unreadable: u32,
    /// Position of the next page; `None` if the list is known to have ended.
    pub next: Option<ListPosition>,
}

/// A customer, and what is needed to read its own lists.
#[derive(Clone, Debug)]
pub struct CustomerAccess {
    /// The customer.
    pub customer: Customer,
    /// The customer's own token; `None` if the vendor does not show it.
    pub(super) token: Option<SecretString>,
}

/// Rows of a list, and the reason that it lacks others.
#[derive(Debug)]
pub struct PartialList<T> {
    /// The rows that could be read.
    pub rows: Vec<T>,
    /// The reason that the list may lack rows; `None` if it is whole.
    pub incomplete: Option<ServiceError>,
}

/// A tenant of Microsoft 365 or Google Workspace that a customer connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its domain.
    pub domain: String,
    /// The vendor's word for its kind.
    pub kind: String,
    /// State of the connection.
    pub state: TenantState,
    /// Number of its users.
    pub users: u32,
    /// Time of the connection; `None` if the vendor does not tell.
    pub created_at: Option<Timestamp>,
}

/// State of the connection to a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantState {
    /// Waits to be processed.
    Queued,
    /// Is processed.
    Processing,
    /// Is connected.
    Completed,
    /// The vendor's application in the tenant must be created again.
    Broken,
    /// The vendor's number has no known meaning.
    Unknown,
}

/// A login account of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginAccount {
    /// Its address.
    pub email: String,
    /// The vendor's word for its rights.
    pub role: String,
    /// `true` if it can sign in.
    pub login_enabled: bool,
    /// `true` if its owner took it into use.
    pub activated: bool,
    /// Time of its creation; `None` if the vendor does not tell.
    pub created_at: Option<Timestamp>,
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
    /// Time of the last backup; `None` if there was none, or the vendor does not tell.
    pub last_backup: Option<Timestamp>,
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
