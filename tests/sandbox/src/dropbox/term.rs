//! Terms: the period a team is paid for, or its trial.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::sku::Commitment;

const TRIAL: SignedDuration = SignedDuration::from_hours(30 * 24);
const GRACE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The period from the order or the last renewal to the next renewal, in whole seconds.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Term {
    /// Start of the term, inclusive.
    pub started: Timestamp,
    /// End of the term, exclusive.
    pub ends: Timestamp,
}

impl Term {
    /// Creates a paid term.
    pub fn paid(commitment: Commitment, start: Timestamp) -> Self {
        let started = whole_seconds(start);
        let end = started.to_zoned(TimeZone::UTC).checked_add(commitment.months().months());
        Self { started, ends: end.map_or(Timestamp::MAX, |end| end.timestamp()) }
    }

    /// Creates a trial's term. A trial has only one.
    pub fn trial(start: Timestamp) -> Self {
        let started = whole_seconds(start);
        Self { started, ends: started.checked_add(TRIAL).unwrap_or(Timestamp::MAX) }
    }

    /// Returns `true` if the term is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends <= now && self.ends < Timestamp::MAX
    }
}

/// Returns `true` if `now` is less than 14 days after `since`.
pub fn in_grace(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) < GRACE
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn months_follow_the_calendar() {
        for (commitment, start, ends) in [
            (Commitment::Monthly, "2026-01-31T10:20:30.9Z", "2026-02-28T10:20:30Z"),
            (Commitment::Monthly, "2026-12-05T00:00:00Z", "2027-01-05T00:00:00Z"),
            (Commitment::Annual, "2028-02-29T23:59:59Z", "2029-02-28T23:59:59Z"),
            (Commitment::AnnualBilledMonthly, "2026-03-01T00:00:00Z", "2027-03-01T00:00:00Z"),
        ] {
            assert_eq!(Term::paid(commitment, time(start)).ends, time(ends), "{start}");
        }
        assert_eq!(Term::trial(time("2026-01-31T10:20:30.9Z")).ends, time("2026-03-02T10:20:30Z"));
    }

    #[test]
    fn the_end_belongs_to_the_next_term() {
        let term = Term::paid(Commitment::Monthly, time("2026-01-01T00:00:00Z"));
        assert!(!term.is_over(time("2026-01-31T23:59:59.999Z")));
        assert!(term.is_over(time("2026-02-01T00:00:00Z")));
    }

    #[test]
    fn a_term_without_end_is_never_over() {
        assert!(!Term::paid(Commitment::Annual, Timestamp::MAX).is_over(Timestamp::MAX));
    }

    #[test]
    fn grace_is_less_than_14_days() {
        let since = time("2026-01-01T00:00:00Z");
        assert!(in_grace(since, time("2026-01-14T23:59:59.999Z")));
        assert!(!in_grace(since, time("2026-01-15T00:00:00Z")));
    }
}
