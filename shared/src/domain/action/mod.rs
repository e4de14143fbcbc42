//! Actions on mailboxes: backup, archive, restore, migrate, download. What is heard of them, by reports and by looking, becomes
//! service tickets in the MSP's ConnectWise that close themselves.

pub mod timeline;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{ActionId, ExternalId};

/// The longest id of an action, in characters: ConnectWise takes 100 for what begins with region and kind.
pub const MAX_ID: usize = 60;

/// What is done to a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is backed up.
    Backup,
    /// It is archived.
    Archive,
    /// It is restored.
    Restore,
    /// It is moved.
    Migrate,
    /// It is downloaded.
    Download,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Backup, Self::Archive, Self::Restore, Self::Migrate, Self::Download];

    /// As names have it.
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

/// Which action: `{region}.{kind}.{id}`, such as `euwest.backup.10`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActionKey {
    /// The vendor's region.
    pub region: String,
    /// What is done.
    pub kind: Kind,
    /// The vendor's id of it.
    pub id: ActionId,
}

impl ActionKey {
    /// An action of the vendor's region. None for an id of no or more than [`MAX_ID`] characters.
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

/// Whose mailbox an action is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// The vendor's id of the organization.
    pub organization: ExternalId,
    /// The mailbox's address.
    pub address: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_named_as_the_guide_says() {
        let key: ActionKey = "uswest.backup.10".parse().unwrap();
        assert_eq!((key.region.as_str(), key.kind, key.id.as_str()), ("uswest", Kind::Backup, "10"));
        assert_eq!(key.to_string(), "uswest.backup.10");
        for wrong in ["uswest.backup", "uswest.copy.10", "uswest.backup.", ""] {
            assert!(wrong.parse::<ActionKey>().is_err(), "{wrong}");
        }
    }
}
