//! Items in the table's stream.

use serde::Deserialize;

use crate::domain::action::ActionKey;
use crate::domain::vendor_id::VendorId;
use crate::store::keys::{
    ACTION, AGREEMENT, AccountKey, FAILURES, SUBSCRIPTION, SubscriptionKey, account_of, action_of, organization_of,
    subscription,
};

/// Keys of a changed item.
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

/// A changed item that a consumer reacts to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ChangedItem {
    /// A subscription.
    Subscription(SubscriptionKey),
    /// An account's link to an agreement.
    Agreement(AccountKey),
    /// An action.
    Action(ActionKey),
    /// The failing actions of an organization.
    FailingActions(VendorId),
}

impl ItemKeys {
    /// Returns the keys of an item.
    pub fn new(partition: impl Into<String>, sort: impl Into<String>) -> Self {
        Self { pk: StringAttribute { text: partition.into() }, sk: StringAttribute { text: sort.into() } }
    }

    /// Returns the changed item. `None` if no consumer reacts to it.
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
