//! Actions on mailboxes: backup, archive, restore, migrate, download. Reports and checks record their events. Failing
//! actions become service tickets in the MSP's ConnectWise, which close automatically.

pub mod error_kind;
pub mod timeline;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::ids::ActionId;
use crate::domain::vendor_id::VendorId;

/// Maximum length of an action's id, in characters. ConnectWise accepts 100 for the name, which begins with region and
/// kind.
pub const MAX_ID: usize = 60;

/// The kind of an action on a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "ActionKind"))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Backs the mailbox up.
    Backup,
    /// Archives the mailbox.
    Archive,
    /// Restores the mailbox.
    Restore,
    /// Migrates the mailbox.
    Migrate,
    /// Downloads the mailbox.
    Download,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Backup, Self::Archive, Self::Restore, Self::Migrate, Self::Download];

    /// Returns the kind as it is written in names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Archive => "archive",
            Self::Restore => "restore",
            Self::Migrate => "migrate",
            Self::Download => "download",
        }
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The key of an action: `{region}.{kind}.{id}`, such as `euwest.backup.10`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActionKey {
    /// The vendor's region, or its host if that is not the stack's own ([`Instance::region`]). Ids of actions are unique
    /// within it.
    ///
    /// [`Instance::region`]: crate::domain::vendor_id::Instance::region
    pub region: String,
    /// The kind of the action.
    pub kind: Kind,
    /// The vendor's id of the action.
    pub id: ActionId,
}

impl ActionKey {
    /// Returns the key of an action in the vendor's region. Returns `None` if the id is empty or longer than
    /// [`MAX_ID`].
    pub fn new(region: &str, kind: Kind, id: &str) -> Option<Self> {
        let id = ActionId::parse(id).filter(|id| id.as_str().chars().count() <= MAX_ID)?;
        Some(Self { region: region.to_owned(), kind, id })
    }
}

impl fmt::Display for ActionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.region, self.kind, self.id)
    }
}

impl FromStr for ActionKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '.');
        let (Some(region), Some(kind), Some(id)) = (parts.next(), parts.next(), parts.next()) else { return Err(()) };
        Ok(Self { region: region.to_owned(), kind: kind.parse()?, id: ActionId::parse(id).ok_or(())? })
    }
}

/// The mailbox of an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// The organization.
    pub organization: VendorId,
    /// The address of the mailbox.
    pub address: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_key_has_three_parts() {
        let key: ActionKey = "uswest.backup.10".parse().unwrap();
        assert_eq!((key.region.as_str(), key.kind, key.id.as_str()), ("uswest", Kind::Backup, "10"));
        assert_eq!(key.to_string(), "uswest.backup.10");
        for wrong in ["uswest.backup", "uswest.copy.10", "uswest.backup.", ""] {
            assert!(wrong.parse::<ActionKey>().is_err(), "{wrong}");
        }
    }
}
