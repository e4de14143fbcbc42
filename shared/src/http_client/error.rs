//! Errors of calls without a usable response. They say if the other side may have acted.

use std::time::Duration;

/// The error of a call without a usable response.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HttpError {
    /// Nothing was changed: the request was not sent, or it only reads.
    #[error("failed without effect: {reason}")]
    NotSent {
        /// The reason, for the log.
        reason: String,
    },
    /// A change was sent and not confirmed. It may have been made.
    #[error("outcome unknown: {reason}")]
    OutcomeUnknown {
        /// The reason, for the log.
        reason: String,
    },
    /// The other side's rate limit or our own was exceeded. Nothing was changed.
    #[error("rate limited")]
    RateLimited {
        /// The time to wait, if it is known.
        retry_after: Option<Duration>,
    },
}
