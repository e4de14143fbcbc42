//! The deadline of a request. Connecting, calls, backoff and the store all use time from it.

use std::time::Duration;

use tokio::time::Instant;

/// Time that vendor calls must leave, so that the outcome can be recorded and the response sent.
pub const RESPONSE_RESERVE: Duration = Duration::from_millis(1500);

/// The time by which a response must be sent.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// Returns the deadline `budget` from now.
    pub fn after(budget: Duration) -> Self {
        Self(Instant::now() + budget)
    }

    /// Returns the remaining time; zero after the deadline.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Returns the time that vendor calls may use: the remaining time less [`RESPONSE_RESERVE`].
    pub fn remaining_for_calls(self) -> Duration {
        self.remaining().saturating_sub(RESPONSE_RESERVE)
    }
}
