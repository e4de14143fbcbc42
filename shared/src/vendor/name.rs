//! The vendors by name, before there is anything to talk to them with.

use std::fmt;
use std::str::FromStr;

/// A vendor's name, as `VENDOR` has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VendorName {
    /// Dropsuite.
    #[default]
    Dropsuite,
    /// Dropbox.
    Dropbox,
}

impl VendorName {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Dropsuite, Self::Dropbox];

    /// As it is written in settings and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dropsuite => "dropsuite",
            Self::Dropbox => "dropbox",
        }
    }

    /// What the BSS's registration page calls the application.
    pub const fn application(self) -> &'static str {
        match self {
            Self::Dropsuite => "Dropsuite Email Backup",
            Self::Dropbox => "Dropbox",
        }
    }
}

impl FromStr for VendorName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|name| name.as_str() == text);
        named.ok_or_else(|| format!("must be one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

impl fmt::Display for VendorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
