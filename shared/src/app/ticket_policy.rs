//! The rules by which failures of actions become tickets.

use jiff::SignedDuration;

use crate::config::{self, ConfigError};

/// When failures become tickets.
#[derive(Clone, Copy, Debug)]
pub struct TicketPolicy {
    /// `TICKET_GROUP_THRESHOLD`: so many failing actions of one organization become one ticket; default 10.
    pub group_threshold: usize,
    /// `TICKET_MAX_AGE_HOURS`: a failure that is heard of, or got to, so much later becomes no ticket any more; default 48.
    pub max_age: SignedDuration,
}

impl Default for TicketPolicy {
    fn default() -> Self {
        Self { group_threshold: 10, max_age: SignedDuration::from_hours(48) }
    }
}

impl TicketPolicy {
    /// Reads the variables that the members name.
    pub fn from_env() -> Result<Self, ConfigError> {
        let default = Self::default();
        let hours = config::parsed("TICKET_MAX_AGE_HOURS", default.max_age.as_hours())?;
        Ok(Self {
            group_threshold: config::parsed("TICKET_GROUP_THRESHOLD", default.group_threshold)?.max(2),
            max_age: SignedDuration::from_hours(hours),
        })
    }
}
