//! Keys of items. The application comes first: a record belongs to the installation that made it.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::Item;
use crate::domain::action::ActionKey;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, SubscriptionId};
use crate::domain::msp::MspId;

pub(super) const PARTITION: &str = "pk";
pub(super) const SORT: &str = "sk";

/// The sort key of subscriptions.
pub const SUBSCRIPTION: &str = "subscription";
/// The sort key of what links an account with an agreement.
pub const AGREEMENT: &str = "agreement";
/// The sort key of what was heard of an action.
pub const ACTION: &str = "action";
/// The sort key of an organization's failing actions.
pub const FAILURES: &str = "failures";

/// Which account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountKey {
    /// The installation that it belongs to.
    pub application: ApplicationId,
    /// The BSS's id of it.
    pub account: AccountId,
}

impl AccountKey {
    /// The reference that the vendor's object carries, so that it can be found again: unique over installations.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.application, self.account)
    }

    pub(super) fn record(&self) -> (String, &'static str) {
        (self.partition(), "account")
    }

    pub(super) fn search(&self) -> (String, &'static str) {
        (self.partition(), "search")
    }

    pub(super) fn agreement(&self) -> (String, &'static str) {
        (self.partition(), AGREEMENT)
    }

    fn partition(&self) -> String {
        format!("{}#account#{}", self.application, self.account)
    }
}

/// Which subscription.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SubscriptionKey {
    /// The installation that it belongs to.
    pub application: ApplicationId,
    /// The BSS's id of it.
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

pub(super) fn link(application: ApplicationId, external: &ExternalId) -> (String, &'static str) {
    (format!("{application}#external#{external}"), "link")
}

pub(super) fn partner(application: ApplicationId, fingerprint: &Fingerprint) -> (String, &'static str) {
    (format!("{application}#partner#{fingerprint}"), "partner")
}

pub(super) fn session(token: &Fingerprint) -> (String, &'static str) {
    (format!("session#{token}"), "session")
}

pub(super) fn report(fingerprint: &Fingerprint) -> (String, &'static str) {
    (format!("report#{fingerprint}"), "report")
}

/// Where all that is an MSP's own stands.
pub(super) fn msp(msp: MspId) -> String {
    format!("msp#{msp}")
}

/// The MSP whose own an item in this partition is.
pub(super) fn msp_of(partition: &str) -> Option<MspId> {
    partition.strip_prefix("msp#")?.parse().ok()
}

pub(super) fn action(key: &ActionKey) -> String {
    format!("action#{key}")
}

pub(super) fn organization(id: &ExternalId) -> String {
    format!("organization#{id}")
}

/// The action whose record, or what stands beside it, an item in this partition is.
pub fn action_of(partition: &str) -> Option<ActionKey> {
    partition.strip_prefix("action#")?.parse().ok()
}

/// The organization whose record, or what stands beside it, an item in this partition is.
pub fn organization_of(partition: &str) -> Option<ExternalId> {
    ExternalId::parse(partition.strip_prefix("organization#")?)
}

/// The subscription whose record, or what stands beside it, an item with these keys is.
pub fn subscription(partition: &str) -> Option<SubscriptionKey> {
    let (application, rest) = partition.split_once('#')?;
    let subscription = SubscriptionId::parse(rest.strip_prefix("subscription#")?)?;
    Some(SubscriptionKey { application: ApplicationId::new(application.parse().ok()?), subscription })
}

/// The account whose record an item with these keys is.
pub(super) fn account(item: &Item) -> Option<AccountKey> {
    account_of(partition_of(item)?)
}

/// The text of an item's partition key.
pub(super) fn partition_of(item: &Item) -> Option<&str> {
    item.get(PARTITION)?.as_s().ok().map(String::as_str)
}

/// The account whose record, or what stands beside it, an item in this partition is.
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
