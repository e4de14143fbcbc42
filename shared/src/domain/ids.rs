//! Identifiers, parsed once at the door. Past it nothing is a bare string.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest identifier that is taken, in characters. The BSS's own are numbers or GUIDs.
pub const MAX_LENGTH: usize = 128;

/// One BSS installation, as registered. Whoever holds a value has passed authorization or read it from a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApplicationId(Uuid);

impl ApplicationId {
    /// Takes the GUID of an installation whose key was checked.
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

fn is_valid_id(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= MAX_LENGTH && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes 1 to [`MAX_LENGTH`] characters without control characters; surrounding white space is cut.
            pub fn parse(text: &str) -> Option<Self> {
                is_valid_id(text).map(Self)
            }

            /// The text as it travels.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// The BSS's own id of an account; it never changes.
    AccountId
}
text_id! {
    /// The vendor's id of what an account is there: an organization, a sub-reseller, a team.
    ExternalId
}
text_id! {
    /// The vendor's id of an action on a mailbox.
    ActionId
}
text_id! {
    /// A plan as the vendor names it.
    PlanId
}

/// The BSS's own id of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubscriptionId(String);

impl SubscriptionId {
    /// Like the other ids, but what follows a `:` is cut: add-on ids are `<subscription id>:<add-on code>`, and
    /// the BSS may send one wherever it means the subscription.
    pub fn parse(text: &str) -> Option<Self> {
        is_valid_id(text.split(':').next().unwrap_or_default()).map(Self)
    }

    /// The text as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id that we give the BSS for this subscription in `tenant`. It names one subscription for good, though a
    /// vendor's tenant may carry several, one after the other. A `:` in it would begin an add-on's code.
    pub fn to_external_id(&self, tenant: &ExternalId) -> ExternalId {
        ExternalId(format!("{tenant}.{self}").replace(':', "-"))
    }
}

impl fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_add_on_id_names_its_subscription() {
        assert_eq!(SubscriptionId::parse("S-1:extra-seats"), SubscriptionId::parse(" S-1 "));
        assert_eq!(SubscriptionId::parse(":extra-seats"), None);
    }

    #[test]
    fn an_external_id_has_no_add_on() {
        let id = SubscriptionId::parse("S-1").unwrap();
        assert_eq!(id.to_external_id(&ExternalId::parse("dbtid:AAH").unwrap()).as_str(), "dbtid-AAH.S-1");
    }

    #[test]
    fn ids_are_bounded() {
        assert!(AccountId::parse(&"é".repeat(MAX_LENGTH)).is_some());
        assert!(AccountId::parse(&"é".repeat(MAX_LENGTH + 1)).is_none());
        assert!(AccountId::parse(" \t").is_none());
        assert!(AccountId::parse("a\u{0}b").is_none());
    }
}
