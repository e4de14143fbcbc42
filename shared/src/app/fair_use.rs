//! Fair use: a share of an organization's seats can be deactivated, with their data kept, without being billed
//! (`docs/vendors/dropsuite.md`, 9.3).

use std::str::FromStr;

use crate::config::{self, ConfigError};
use crate::vendor::Customer;

/// Seats of which the share is taken. Sources disagree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// The licensed seats.
    #[default]
    Licensed,
    /// The seats that are backed up.
    Active,
}

impl FromStr for Base {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "licensed" => Ok(Self::Licensed),
            "active" => Ok(Self::Active),
            _ => Err("must be licensed or active".to_owned()),
        }
    }
}

/// The vendor's terms of fair use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FairUse {
    /// `FAIR_USE_PERCENT`: share of the seats that can be deactivated without being billed. Default: 20.
    pub percent: u32,
    /// `FAIR_USE_BASE`: seats of which the share is taken, `licensed` or `active`. Default: `licensed`.
    pub base: Base,
}

impl Default for FairUse {
    fn default() -> Self {
        Self { percent: 20, base: Base::default() }
    }
}

/// The use of an organization's allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Number of seats that can be deactivated without being billed.
    pub allowance: u32,
    /// Number of deactivated seats.
    pub deactivated: u32,
}

impl FairUse {
    /// Reads the environment variables that the fields name.
    pub fn from_env() -> Result<Self, ConfigError> {
        let defaults = Self::default();
        Ok(Self {
            percent: config::parsed("FAIR_USE_PERCENT", defaults.percent)?,
            base: config::parsed("FAIR_USE_BASE", defaults.base)?,
        })
    }

    /// Returns the use of an organization; `None` if the vendor does not tell its seats.
    pub fn usage(self, customer: &Customer) -> Option<Usage> {
        let base = match self.base {
            Base::Licensed => customer.seats,
            Base::Active => customer.active_seats?,
        };
        let allowance = u64::from(base) * u64::from(self.percent) / 100;
        Some(Usage { allowance: u32::try_from(allowance).ok()?, deactivated: customer.deactivated_seats? })
    }
}

impl Usage {
    /// Returns the number of deactivated seats beyond the allowance.
    pub fn excess(self) -> u32 {
        self.deactivated.saturating_sub(self.allowance)
    }

    /// Returns `true` if four fifths of the allowance are in use.
    pub fn is_near(self) -> bool {
        self.deactivated > 0 && u64::from(self.deactivated) * 5 >= u64::from(self.allowance) * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_comes_before_the_cost() {
        let usage = |deactivated| Usage { allowance: 10, deactivated };
        let near: Vec<_> = [0, 7, 8, 10, 11].map(|deactivated| usage(deactivated).is_near()).to_vec();
        assert_eq!(near, [false, false, true, true, true]);
        assert_eq!([8, 10, 13].map(|deactivated| usage(deactivated).excess()), [0, 0, 3]);
        assert!(Usage { allowance: 0, deactivated: 1 }.is_near() && !Usage { allowance: 0, deactivated: 0 }.is_near());
    }
}
