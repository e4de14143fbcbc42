//! Calls that brought no response, by whether the other side can have acted.

use std::time::Duration;

/// A call without a response.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HttpError {
    /// Nothing was changed: the request was never sent, or it only reads.
    #[error("not reached: {reason}")]
    NotSent {
        /// The reason, for the log.
        reason: String,
    },
    /// A change was sent and not answered; it may have been made.
    #[error("unanswered: {reason}")]
    OutcomeUnknown {
        /// The reason, for the log.
        reason: String,
    },
    /// The other side, or our own limit, asked to wait; nothing was changed.
    #[error("too many requests")]
    RateLimited {
        /// The time to wait, if it was stated.
        retry_after: Option<Duration>,
    },
}
