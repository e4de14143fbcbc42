//! Identifiers. A request's ids are parsed once, at the endpoint; after that, no id is a plain string.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Maximum length of an id, in characters. The BSS's own ids are numbers or GUIDs.
pub const MAX_LENGTH: usize = 128;

/// The id of a registered BSS installation. A value comes from an authorized request or from a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(inline, extend("format" = "uuid")))]
#[serde(transparent)]
pub struct ApplicationId(#[cfg_attr(feature = "openapi", schemars(with = "String"))] Uuid);

impl ApplicationId {
    /// Returns the id of an installation whose key was verified.
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// Returns the id.
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

fn valid_id(text: &str) -> Option<String> {
    let text = text.trim();
    // In a URL, these two would name the path above the id.
    let leaves_path = [".", ".."].contains(&text);
    let fits =
        !leaves_path && !text.is_empty() && text.chars().count() <= MAX_LENGTH && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(inline))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Parses 1 to [`MAX_LENGTH`] characters without control characters, except `.` and `..`. Surrounding white
            /// space is removed.
            pub fn parse(text: &str) -> Option<Self> {
                valid_id(text).map(Self)
            }

            /// Returns the id as text.
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
    /// The BSS's id of an account, which never changes.
    AccountId
}
text_id! {
    /// The vendor's id of the object that represents an account: an organization, a sub-reseller or a team.
    ExternalId
}
text_id! {
    /// The vendor's id of an action on a mailbox.
    ActionId
}
text_id! {
    /// The vendor's id of a plan.
    PlanId
}
text_id! {
    /// The partner whose credentials a call has: an MSP's id, or for Dropbox the distributor's id. It reveals no secret.
    PartnerId
}

/// The BSS's id of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(inline))]
#[serde(transparent)]
pub struct SubscriptionId(String);

impl SubscriptionId {
    /// Parses the id like the other ids, but removes a `:` and the text after it. Add-on ids are
    /// `<subscription id>:<add-on code>`, and the BSS may send one in place of the subscription's id.
    pub fn parse(text: &str) -> Option<Self> {
        valid_id(text.split(':').next().unwrap_or_default()).map(Self)
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the external id for this subscription in `tenant`. It always identifies one subscription, although a
    /// vendor's tenant can have several, one after the other. Each `:` is replaced, because it would begin an add-on's
    /// code.
    pub fn to_external_id(&self, tenant: &ExternalId) -> ExternalId {
        ExternalId(format!("{tenant}.{self}").replace(':', "-"))
    }

    /// Returns the subscription's id in an external id. It may be no subscription's: of one whose id has a colon, or whose
    /// tenant's id has a dot.
    pub fn in_external_id(external: &ExternalId) -> Option<Self> {
        Self::parse(external.0.split_once('.')?.1)
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
    fn an_external_id_contains_no_colon() {
        let id = SubscriptionId::parse("S-1").unwrap();
        let external = id.to_external_id(&ExternalId::parse("dbtid:AAH").unwrap());
        assert_eq!(external.as_str(), "dbtid-AAH.S-1");
        assert_eq!(SubscriptionId::in_external_id(&external), Some(id));
    }

    #[test]
    fn ids_are_bounded() {
        assert!(AccountId::parse(&"é".repeat(MAX_LENGTH)).is_some());
        assert!(AccountId::parse(&"é".repeat(MAX_LENGTH + 1)).is_none());
        assert!(AccountId::parse(" \t").is_none());
        assert!(AccountId::parse("a\u{0}b").is_none());
        for leaves_path in [".", "..", " .. "] {
            assert!(ExternalId::parse(leaves_path).is_none(), "{leaves_path}");
        }
        assert!(ExternalId::parse("...").is_some());
    }
}
