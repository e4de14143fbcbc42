//! The one moment by which a request must be answered. Connects, calls, back-off and the store all spend from it.

use std::time::Duration;

use tokio::time::Instant;

/// Kept back from every vendor call, so that what is known can still be recorded and the envelope leaves in time.
pub const RESPONSE_RESERVE: Duration = Duration::from_millis(1500);

/// When the answer must have left.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// `budget` from now.
    pub fn after(budget: Duration) -> Self {
        Self(Instant::now() + budget)
    }

    /// What is left; zero once it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// What a vendor call may take: all that is left but [`RESERVE`].
    pub fn remaining_for_calls(self) -> Duration {
        self.remaining().saturating_sub(RESPONSE_RESERVE)
    }
}
