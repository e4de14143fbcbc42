//! The rules by which failing actions become tickets.

use jiff::SignedDuration;

use crate::config::{self, ConfigError};

/// The rules by which failing actions become tickets.
#[derive(Clone, Copy, Debug)]
pub struct TicketPolicy {
    /// `TICKET_GROUP_THRESHOLD`: the number of failing actions of one organization from which they share one ticket. At
    /// least 2; default 10.
    pub group_threshold: usize,
    /// `TICKET_MAX_AGE_HOURS`: the age, in hours, from which a failure opens no ticket when it is recorded or
    /// processed. Default 48.
    pub max_age: SignedDuration,
}

impl Default for TicketPolicy {
    fn default() -> Self {
        Self { group_threshold: 10, max_age: SignedDuration::from_hours(48) }
    }
}

impl TicketPolicy {
    /// Reads `TICKET_GROUP_THRESHOLD` and `TICKET_MAX_AGE_HOURS`.
    ///
    /// # Errors
    /// A variable is not a number.
    pub fn from_env() -> Result<Self, ConfigError> {
        let default = Self::default();
        let hours = config::parsed("TICKET_MAX_AGE_HOURS", default.max_age.as_hours())?;
        Ok(Self {
            group_threshold: config::parsed("TICKET_GROUP_THRESHOLD", default.group_threshold)?.max(2),
            max_age: SignedDuration::from_hours(hours),
        })
    }
}
