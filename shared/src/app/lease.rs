//! The end of a lease in the table, for accounts, additions and tickets alike.

use jiff::{SignedDuration, Timestamp};

use crate::http_client::Deadline;

/// Time for which a lease outlasts its owner's deadline. It covers clock differences and a last call in flight.
const LEASE_GRACE: SignedDuration = SignedDuration::from_secs(2);

/// Returns the end of a lease that is acquired at `now`, in milliseconds since the epoch: `LEASE_GRACE` after the
/// owner's deadline. A dead owner needs no cleanup.
pub fn lease_end(now: Timestamp, deadline: Deadline) -> i64 {
    let remaining = SignedDuration::try_from(deadline.remaining()).unwrap_or(SignedDuration::ZERO);
    now.saturating_add(remaining.saturating_add(LEASE_GRACE)).map_or(i64::MAX, Timestamp::as_millisecond)
}
