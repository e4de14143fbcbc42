//! Keys of items. The application comes first: a record belongs to the installation that made it.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;
use crate::fingerprint::Fingerprint;
use crate::ids::{AccountId, ApplicationId, ExternalId, SubscriptionId};

pub(super) const PARTITION: &str = "pk";
pub(super) const SORT: &str = "sk";

/// Which account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

    fn partition(&self) -> String {
        format!("{}#account#{}", self.application, self.account)
    }
}

/// Which subscription.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SubscriptionKey {
    /// The installation that it belongs to.
    pub application: ApplicationId,
    /// The BSS's id of it.
    pub subscription: SubscriptionId,
}

impl SubscriptionKey {
    pub(super) fn record(&self) -> (String, &'static str) {
        (format!("{}#subscription#{}", self.application, self.subscription), "subscription")
    }
}

pub(super) fn link(application: ApplicationId, external: &ExternalId) -> (String, &'static str) {
    (format!("{application}#external#{external}"), "link")
}

pub(super) fn partner(application: ApplicationId, fingerprint: &Fingerprint) -> (String, &'static str) {
    (format!("{application}#partner#{fingerprint}"), "partner")
}

/// The account whose record an item with these keys is.
pub(super) fn account(item: &Item) -> Option<AccountKey> {
    let partition = item.get(PARTITION)?.as_s().ok()?;
    let (application, rest) = partition.split_once('#')?;
    let account = AccountId::parse(rest.strip_prefix("account#")?)?;
    Some(AccountKey { application: ApplicationId::new(application.parse().ok()?), account })
}

pub(super) fn item((partition, sort): (String, &'static str)) -> Item {
    Item::from([
        (PARTITION.to_owned(), AttributeValue::S(partition)),
        (SORT.to_owned(), AttributeValue::S(sort.to_owned())),
    ])
}
