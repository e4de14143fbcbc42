//! Roles of the people who use an MSP's portal.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The role of a person in the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "PersonRole"))]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Everything.
    Owner,
    /// Reads, and changes plans, links and sales, and acts on the billing audit.
    Billing,
    /// Reads, changes tickets and what opens them, and signs in to organizations.
    Support,
    /// Reads.
    ReadOnly,
}

impl Role {
    /// All roles, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Billing, Self::Support, Self::ReadOnly];

    /// Returns `true` if a person with this role may do what `least` may do. Billing and support do not include each other.
    pub const fn includes(self, least: Self) -> bool {
        match (self, least) {
            (Self::Owner, _)
            | (_, Self::ReadOnly)
            | (Self::Billing, Self::Billing)
            | (Self::Support, Self::Support) => true,
            (Self::Billing | Self::Support | Self::ReadOnly, Self::Owner)
            | (Self::Support | Self::ReadOnly, Self::Billing)
            | (Self::Billing | Self::ReadOnly, Self::Support) => false,
        }
    }

    /// Returns the name on the wire and in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Billing => "billing",
            Self::Support => "support",
            Self::ReadOnly => "readOnly",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_may_all_and_the_others_read() {
        for role in Role::ALL {
            assert!(Role::Owner.includes(role) && role.includes(role) && role.includes(Role::ReadOnly), "{role}");
            assert_eq!(role.includes(Role::Owner), role == Role::Owner, "{role}");
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
        assert!(!Role::Billing.includes(Role::Support) && !Role::Support.includes(Role::Billing));
        assert!(!Role::ReadOnly.includes(Role::Billing) && !Role::ReadOnly.includes(Role::Support));
    }
}
