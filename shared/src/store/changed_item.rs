//! Items that the table's stream names.

use serde::Deserialize;

use crate::domain::action::ActionKey;
use crate::domain::ids::ExternalId;
use crate::store::keys::{
    ACTION, AGREEMENT, AccountKey, FAILURES, SUBSCRIPTION, SubscriptionKey, account_of, action_of, organization_of,
    subscription,
};

/// The keys of what was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct ItemKeys {
    pk: StringAttribute,
    sk: StringAttribute,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
struct StringAttribute {
    #[serde(rename = "S")]
    text: String,
}

/// What was written, as far as anybody cares.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ChangedItem {
    /// A subscription.
    Subscription(SubscriptionKey),
    /// What links an account with an agreement.
    Agreement(AccountKey),
    /// What was heard of an action.
    Action(ActionKey),
    /// Which of an organization's actions fail.
    FailingActions(ExternalId),
}

impl ItemKeys {
    /// The keys of an item.
    pub fn new(partition: impl Into<String>, sort: impl Into<String>) -> Self {
        Self { pk: StringAttribute { text: partition.into() }, sk: StringAttribute { text: sort.into() } }
    }

    /// What they are of; none if nobody cares.
    pub fn changed_item(&self) -> Option<ChangedItem> {
        match self.sk.text.as_str() {
            SUBSCRIPTION => subscription(&self.pk.text).map(ChangedItem::Subscription),
            AGREEMENT => account_of(&self.pk.text).map(ChangedItem::Agreement),
            ACTION => action_of(&self.pk.text).map(ChangedItem::Action),
            FAILURES => organization_of(&self.pk.text).map(ChangedItem::FailingActions),
            _ => None,
        }
    }
}
