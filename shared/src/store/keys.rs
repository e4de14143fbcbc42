//! Keys of items. The application comes first, because a record belongs to the installation that wrote it.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::connectwise::CompanyId;
use crate::domain::action::ActionKey;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, SubscriptionId};
use crate::domain::msp::MspId;
use crate::domain::vendor_id::VendorId;

/// An item, as the table has it.
pub(super) type Item = std::collections::HashMap<String, AttributeValue>;

pub(super) const PARTITION: &str = "pk";
pub(super) const SORT: &str = "sk";

/// Prefix of the sort keys of a reseller's customers with a live subscription.
pub(super) const LIVE_CUSTOMER: &str = "customer#";
/// Sort key of a subscription.
pub const SUBSCRIPTION: &str = "subscription";
/// Sort key of an account's link to an agreement.
pub const AGREEMENT: &str = "agreement";
/// Sort key of an action.
pub const ACTION: &str = "action";
/// Sort key of the record of an organization's failing actions. The sort keys of their entries begin with it.
pub const FAILURES: &str = "failures";

/// Key of an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountKey {
    /// The installation that the account belongs to.
    pub application: ApplicationId,
    /// The BSS's id of the account.
    pub account: AccountId,
}

impl AccountKey {
    /// Returns the account to which an MSP sells in its portal for a company: the company's number, in the MSP's own
    /// installation. Every company's number is an account's id.
    pub fn of_company(msp: MspId, company: CompanyId) -> Option<Self> {
        let account = AccountId::parse(&company.to_string())?;
        Some(Self { application: msp.as_application_id(), account })
    }

    /// Returns the company of the MSP that the account stands for; `None` if it is no account of [`Self::of_company`].
    pub fn company(&self, msp: MspId) -> Option<CompanyId> {
        let number = (self.application == msp.as_application_id()).then(|| self.account.as_str().parse().ok())?;
        number.map(CompanyId::new)
    }

    /// Returns the reference that the vendor's object carries, by which it is found. It is unique across installations.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.application, self.account)
    }

    /// Returns the account that a reference names; `None` for a text that is not ours.
    pub fn from_reference(reference: &str) -> Option<Self> {
        let (application, account) = reference.trim().split_once('/')?;
        Some(Self { application: ApplicationId::new(application.parse().ok()?), account: AccountId::parse(account)? })
    }

    pub(super) fn record(&self) -> (String, &'static str) {
        (self.partition(), "account")
    }

    /// Returns the key of the cursor of a search for `purpose`.
    pub(super) fn search(&self, purpose: &str) -> (String, String) {
        (self.partition(), format!("search#{purpose}"))
    }

    /// Returns the key of the reseller's entry for its live customer `customer`.
    pub(super) fn live_customer(&self, customer: &AccountId) -> (String, String) {
        (self.partition(), format!("{LIVE_CUSTOMER}{customer}"))
    }

    pub(super) fn agreement(&self) -> (String, &'static str) {
        (self.partition(), AGREEMENT)
    }

    pub(super) fn partition(&self) -> String {
        format!("{}#account#{}", self.application, self.account)
    }
}

/// Key of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SubscriptionKey {
    /// The installation that the subscription belongs to.
    pub application: ApplicationId,
    /// The BSS's id of the subscription.
    pub subscription: SubscriptionId,
}

impl SubscriptionKey {
    pub(super) fn record(&self) -> (String, &'static str) {
        (self.partition(), SUBSCRIPTION)
    }

    pub(super) fn addition(&self) -> (String, &'static str) {
        (self.partition(), "addition")
    }

    fn partition(&self) -> String {
        format!("{}#subscription#{}", self.application, self.subscription)
    }
}

/// Key of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DigestKey {
    /// The MSP.
    pub msp: MspId,
    /// First day of the period.
    pub period: Date,
}

impl DigestKey {
    /// Returns the partition of the digest.
    pub(super) fn partition(&self) -> String {
        format!("digest#{}#{}", self.msp, self.period)
    }

    /// Returns the digest that owns a partition. `None` for other partitions.
    pub(super) fn from_partition(partition: &str) -> Option<Self> {
        let (msp, period) = partition.strip_prefix("digest#")?.split_once('#')?;
        Some(Self { msp: msp.parse().ok()?, period: period.parse().ok()? })
    }
}

/// Subject of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketSubject {
    /// One action.
    Action(ActionKey),
    /// All grouped failures of an organization.
    Organization(VendorId),
}

/// Returns the key of a link within an installation: that of a subscription, or that of an account as it was written before
/// accounts had one in the whole table.
pub(super) fn link(application: ApplicationId, external: &ExternalId) -> (String, &'static str) {
    (format!("{application}#external#{external}"), "link")
}

/// Returns the key of the link from a vendor's object to its account. No installation stands in it, because an object has one
/// account in the whole table.
pub(super) fn account_link(object: &VendorId) -> (String, &'static str) {
    (format!("external#{object}"), "link")
}

pub(super) fn partner(application: ApplicationId, fingerprint: &Fingerprint) -> (String, &'static str) {
    (format!("{application}#partner#{fingerprint}"), "partner")
}

pub(super) fn session(token: &Fingerprint) -> (String, &'static str) {
    (format!("session#{token}"), "session")
}

/// Returns the partition of the key with this fingerprint.
pub(super) fn usage_key(fingerprint: &Fingerprint) -> String {
    format!("usage-key#{fingerprint}")
}

pub(super) fn tries(subject: &Fingerprint, window_end: i64) -> (String, &'static str) {
    (format!("tries#{subject}#{window_end}"), "tries")
}

pub(super) fn report(fingerprint: &Fingerprint) -> (String, &'static str) {
    (format!("report#{fingerprint}"), "report")
}

/// Returns the partition of an MSP's own items.
pub(super) fn msp(msp: MspId) -> String {
    format!("msp#{msp}")
}

/// Returns the MSP that owns a partition. `None` for other partitions.
pub(super) fn msp_of(partition: &str) -> Option<MspId> {
    partition.strip_prefix("msp#")?.parse().ok()
}

pub(super) fn action(key: &ActionKey) -> String {
    format!("action#{key}")
}

pub(super) fn organization(id: &VendorId) -> String {
    format!("organization#{id}")
}

/// Returns the action that owns a partition. `None` for other partitions.
pub fn action_of(partition: &str) -> Option<ActionKey> {
    partition.strip_prefix("action#")?.parse().ok()
}

/// Returns the organization that owns a partition. `None` for other partitions.
pub fn organization_of(partition: &str) -> Option<VendorId> {
    VendorId::parse(partition.strip_prefix("organization#")?)
}

/// Returns the subscription that owns a partition. `None` for other partitions.
pub fn subscription(partition: &str) -> Option<SubscriptionKey> {
    let (application, rest) = partition.split_once('#')?;
    let subscription = SubscriptionId::parse(rest.strip_prefix("subscription#")?)?;
    Some(SubscriptionKey { application: ApplicationId::new(application.parse().ok()?), subscription })
}

/// Returns the account that owns an item's partition. `None` for other partitions.
pub(super) fn account(item: &Item) -> Option<AccountKey> {
    account_of(partition_of(item)?)
}

/// Returns the item's partition key.
pub(super) fn partition_of(item: &Item) -> Option<&str> {
    item.get(PARTITION)?.as_s().ok().map(String::as_str)
}

/// Returns the item's sort key.
pub(super) fn sort_of(item: &Item) -> Option<&str> {
    item.get(SORT)?.as_s().ok().map(String::as_str)
}

/// Returns the account that owns a partition. `None` for other partitions.
pub fn account_of(partition: &str) -> Option<AccountKey> {
    let (application, rest) = partition.split_once('#')?;
    let account = AccountId::parse(rest.strip_prefix("account#")?)?;
    Some(AccountKey { application: ApplicationId::new(application.parse().ok()?), account })
}

pub(super) fn item((partition, sort): (String, impl Into<String>)) -> Item {
    Item::from([
        (PARTITION.to_owned(), AttributeValue::S(partition)),
        (SORT.to_owned(), AttributeValue::S(sort.into())),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_leads_back_to_its_digest() {
        let msp: MspId = "11111111-1111-8111-8111-111111111111".parse().unwrap();
        let key = DigestKey { msp, period: "2026-11-30".parse().unwrap() };
        assert_eq!(DigestKey::from_partition(&key.partition()), Some(key));
        assert_eq!(DigestKey::from_partition("digest#x#2026-11-30"), None);
    }
}
