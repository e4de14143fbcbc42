//! The kind of an action's error. The vendor's texts change from one attempt to the next; the kind stays.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ErrorKind {
    /// Password, token or consent is not accepted.
    Authentication,
    /// There is no space left.
    Storage,
    /// The mail server cannot be reached.
    Connection,
    /// No backup has completed for days.
    Overdue,
    /// A backup completed in part.
    Incomplete,
    /// Any other error.
    Other,
}

/// Words of an error in lower case, by the kind that they stand for. The first kind with one of them in the text is the error's.
const WORDS: [(ErrorKind, &[&str]); 5] = [
    (
        ErrorKind::Authentication,
        &[
            "auth",
            "oauth",
            "oauth2",
            "authentication",
            "authenticate",
            "authenticated",
            "unauthenticated",
            "authenticationfailed",
            "authorization",
            "authorize",
            "authorized",
            "unauthorized",
            "password",
            "passwords",
            "credential",
            "credentials",
            "login",
            "logon",
            "permission",
            "permissions",
            "consent",
        ],
    ),
    (ErrorKind::Storage, &["space", "quota", "storage"]),
    (
        ErrorKind::Connection,
        &[
            "connect",
            "connection",
            "connections",
            "connected",
            "connecting",
            "connectivity",
            "disconnected",
            "timeout",
            "timed out",
            "unreachable",
            "refused",
        ],
    ),
    (ErrorKind::Overdue, &["no backup since"]),
    (ErrorKind::Incomplete, &["partially"]),
];

impl ErrorKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Authentication, Self::Storage, Self::Connection, Self::Overdue, Self::Incomplete, Self::Other];

    /// Returns the kind of an error. The text may begin with the vendor's status.
    pub fn of(error: &str) -> Self {
        // Each word between spaces, so that only whole ones match.
        let letters = error.to_lowercase().replace(|letter: char| !letter.is_alphanumeric(), " ");
        let words: Vec<&str> = letters.split_whitespace().collect();
        let text = format!(" {} ", words.join(" "));
        let found = WORDS.iter().find(|(_, words)| words.iter().any(|word| text.contains(&format!(" {word} "))));
        found.map_or(Self::Other, |(kind, _)| *kind)
    }

    /// Returns the kind as it is written in names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Storage => "storage",
            Self::Connection => "connection",
            Self::Overdue => "overdue",
            Self::Incomplete => "incomplete",
            Self::Other => "other",
        }
    }
}

impl FromStr for ErrorKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_one_kind_differ() {
        for (text, kind) in [
            ("Authentication Error", ErrorKind::Authentication),
            ("Authentication Error: the token has expired", ErrorKind::Authentication),
            ("Connection Error: invalid PASSWORD", ErrorKind::Authentication),
            ("Space Full", ErrorKind::Storage),
            ("Space Full: 12 GB of 10 GB", ErrorKind::Storage),
            ("IMAP connection failed", ErrorKind::Connection),
            ("Completed: connection failure", ErrorKind::Connection),
            ("Running: no backup since 2026-11-18T12:00:00.000Z", ErrorKind::Overdue),
            ("Partially Completed: 3 items", ErrorKind::Incomplete),
            ("Tomorrow's error", ErrorKind::Other),
            ("Google Workspace: the user is suspended", ErrorKind::Other),
            ("The certificate authority is unknown", ErrorKind::Other),
            ("Reconnaissance of the author", ErrorKind::Other),
            ("[AUTHENTICATIONFAILED]", ErrorKind::Authentication),
            ("Error 535: 5.7.8_password!", ErrorKind::Authentication),
            ("No  backup\nsince 2026", ErrorKind::Overdue),
        ] {
            assert_eq!(ErrorKind::of(text), kind, "{text}");
        }
        for kind in ErrorKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
