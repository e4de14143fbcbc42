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
pub struct Keys {
    pk: Text,
    sk: Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// What was written, as far as anybody cares.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A subscription.
    Subscription(SubscriptionKey),
    /// What links an account with an agreement.
    Agreement(AccountKey),
    /// What was heard of an action.
    Action(ActionKey),
    /// Which of an organization's actions fail.
    Failures(ExternalId),
}

impl Keys {
    /// The keys of an item.
    pub fn new(partition: impl Into<String>, sort: impl Into<String>) -> Self {
        Self { pk: Text { text: partition.into() }, sk: Text { text: sort.into() } }
    }

    /// What they are of; none if nobody cares.
    pub fn subject(&self) -> Option<Subject> {
        match self.sk.text.as_str() {
            SUBSCRIPTION => subscription(&self.pk.text).map(Subject::Subscription),
            AGREEMENT => account_of(&self.pk.text).map(Subject::Agreement),
            ACTION => action_of(&self.pk.text).map(Subject::Action),
            FAILURES => organization_of(&self.pk.text).map(Subject::Failures),
            _ => None,
        }
    }
}
