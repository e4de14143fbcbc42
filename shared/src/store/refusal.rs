//! The refusal of an MSP's credentials, recorded beside them. New credentials replace the item, and with it the refusal.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Credentials that the other system refused and has not accepted since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Time of the first refusal.
    pub since: Timestamp,
    /// Time of the refusal that confirmed the first one. `None` while there is none: one answer proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
}

impl Refusal {
    /// Returns the record after a refusal at `now`. A refusal at least `confirmation` after the first one confirms it; any
    /// other leaves `before` as it is.
    pub fn after_another(before: Option<&Self>, now: Timestamp, confirmation: SignedDuration) -> Self {
        let since = before.map_or(now, |before| before.since);
        let confirms = now.duration_since(since) >= confirmation || cfg!(feature = "trust-first-answer");
        let confirmed_at = before.and_then(|before| before.confirmed_at).or(confirms.then_some(now));
        Self { since, confirmed_at }
    }

    /// Returns `true` if a second refusal confirmed the first one.
    pub fn is_confirmed(&self) -> bool {
        self.confirmed_at.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(feature = "trust-first-answer"))]
    #[test]
    fn a_refusal_counts_when_a_later_one_confirms_it() {
        let at = |minutes: i64| Timestamp::from_second(1_900_000_000 + 60 * minutes).unwrap();
        let after = |before: &Refusal, minutes| {
            Refusal::after_another(Some(before), at(minutes), SignedDuration::from_mins(30))
        };
        let first = Refusal::after_another(None, at(0), SignedDuration::from_mins(30));
        assert!(!first.is_confirmed());
        assert_eq!(after(&first, 29), first, "the same round");
        let confirmed = after(&first, 60);
        assert_eq!(confirmed, Refusal { since: at(0), confirmed_at: Some(at(60)) });
        assert_eq!(after(&confirmed, 120), confirmed, "what is known is not written again");
    }
}
