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
    /// Returns the record after a refusal at `now`, if it changes `before`. A refusal at least `confirmation` after the first
    /// one confirms it.
    pub fn after_another(before: Option<&Self>, now: Timestamp, confirmation: SignedDuration) -> Option<Self> {
        let trusts_first = cfg!(feature = "trust-first-answer");
        match before {
            None => Some(Self { since: now, confirmed_at: trusts_first.then_some(now) }),
            Some(Self { confirmed_at: Some(_), .. }) => None,
            Some(Self { since, confirmed_at: None }) => {
                let is_confirmed = now.duration_since(*since) >= confirmation;
                is_confirmed.then_some(Self { since: *since, confirmed_at: Some(now) })
            }
        }
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
        let first = Refusal::after_another(None, at(0), SignedDuration::from_mins(30)).unwrap();
        assert!(!first.is_confirmed());
        assert_eq!(after(&first, 29), None, "the same round");
        let confirmed = after(&first, 60).unwrap();
        assert_eq!(confirmed, Refusal { since: at(0), confirmed_at: Some(at(60)) });
        assert_eq!(after(&confirmed, 120), None, "what is known costs no write");
    }
}
