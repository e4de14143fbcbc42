//! The rules by which failures of actions become tickets.

use jiff::SignedDuration;

use crate::config::{self, ConfigError};

/// When failures become tickets.
#[derive(Clone, Copy, Debug)]
pub struct TicketPolicy {
    /// `ACTIONS_TOGETHER_FROM`: so many failing actions of one organization become one ticket; default 10.
    pub together_from: usize,
    /// `ACTIONS_TOO_OLD_HOURS`: a failure that is heard of, or got to, so much later becomes no ticket any more; default 48.
    pub too_old: SignedDuration,
}

impl Default for TicketPolicy {
    fn default() -> Self {
        Self { together_from: 10, too_old: SignedDuration::from_hours(48) }
    }
}

impl TicketPolicy {
    /// Reads the variables that the members name.
    pub fn from_env() -> Result<Self, ConfigError> {
        let default = Self::default();
        let hours = config::parsed("ACTIONS_TOO_OLD_HOURS", default.too_old.as_hours())?;
        Ok(Self {
            together_from: config::parsed("ACTIONS_TOGETHER_FROM", default.together_from)?.max(2),
            too_old: SignedDuration::from_hours(hours),
        })
    }
}
