//! What was heard of one action, and what follows from it: pure.
//!
//! ```text
//!                      failed                    failed: another attempt
//!        ┌─────────┐ ─────────▶ ┌─────────────┐ ─────────┐
//!        │ healthy │            │   failing   │ ◀────────┘
//!        └─────────┘ ◀───────── └─────────────┘
//!             ▲      completed        │ retries exhausted
//!             │                       ▼
//!             │ completed       ┌───────────┐  failed: it fails anew
//!             └──────────────── │ given up  │ ─────────▶ failing
//!                               └───────────┘
//! ```
//!
//! That an action was started changes nothing. Events come in any order, more than once and late. So nothing is decided by
//! the order in which they come: kept are the last end (a completion or the exhaustion of retries) and the failures after it,
//! by when they happened, and the state is a function of that set. Of events at one moment a completion counts as the last,
//! a failure as the first.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most failures that are kept of one stretch; of more, the first and the last ones.
const MAX_FAILURES: usize = 40;

/// What happened to an action.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionEvent {
    /// An attempt began.
    Started,
    /// An attempt failed.
    Failed {
        /// The how many-th, from 1.
        attempt: u32,
        /// The vendor's words.
        error: String,
    },
    /// No more attempts are made.
    Exhausted {
        /// Why.
        reason: String,
    },
    /// It is done.
    Completed,
}

/// A failure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// When.
    pub at: Timestamp,
    /// The how many-th attempt, from 1.
    pub attempt: u32,
    /// The vendor's words.
    pub error: String,
}

/// The end of a stretch of attempts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalEvent {
    /// When.
    pub at: Timestamp,
    /// Why it was given up; none if it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abandoned_reason: Option<String>,
}

/// What counts of all that was heard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The last end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<TerminalEvent>,
    /// Failures after it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub failures: BTreeSet<FailedAttempt>,
}

/// How an action is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health<'h> {
    /// Nothing is wrong.
    Healthy,
    /// It fails.
    Failing {
        /// The first failure of this stretch.
        first: &'h FailedAttempt,
        /// The last one.
        last: &'h FailedAttempt,
    },
    /// It was given up, for this reason.
    Abandoned(&'h str),
}

impl Timeline {
    /// Takes in what happened at `at`; whether that changes anything.
    pub fn apply(&mut self, at: Timestamp, occurrence: &ActionEvent) -> bool {
        let before = self.clone();
        match occurrence {
            ActionEvent::Started => {}
            ActionEvent::Failed { attempt, error } => {
                self.failures.insert(FailedAttempt { at, attempt: *attempt, error: error.clone() });
            }
            ActionEvent::Exhausted { reason } => self.ends(TerminalEvent { at, abandoned_reason: Some(reason.clone()) }),
            ActionEvent::Completed => self.ends(TerminalEvent { at, abandoned_reason: None }),
        }
        if let Some(end) = &self.end {
            // A failure is before an end at the same moment.
            self.failures.retain(|failure| failure.at > end.at);
        }
        while self.failures.len() > MAX_FAILURES {
            let second = self.failures.iter().nth(1).cloned();
            let Some(second) = second else { break };
            self.failures.remove(&second);
        }
        *self != before
    }

    fn ends(&mut self, end: TerminalEvent) {
        let later = |held: &TerminalEvent| {
            // Done is later than given up, and of two reasons the same one is kept whichever came first.
            let rank = |end: &TerminalEvent| (end.at, end.abandoned_reason.is_none(), end.abandoned_reason.clone());
            rank(&end) > rank(held)
        };
        if self.end.as_ref().is_none_or(later) {
            self.end = Some(end);
        }
    }

    /// How the action is.
    pub fn health(&self) -> Health<'_> {
        match (self.failures.first(), self.failures.last(), &self.end) {
            (Some(first), Some(last), _) => Health::Failing { first, last },
            (_, _, Some(TerminalEvent { abandoned_reason: Some(reason), .. })) => Health::Abandoned(reason),
            (_, _, Some(TerminalEvent { abandoned_reason: None, .. }) | None) => Health::Healthy,
        }
    }

    /// Whether it fails.
    pub fn is_failing(&self) -> bool {
        matches!(self.health(), Health::Failing { .. })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_900_000_000 + seconds).unwrap()
    }

    fn failed(attempt: u32) -> ActionEvent {
        ActionEvent::Failed { attempt, error: "Connection failed".to_owned() }
    }

    fn history(events: &[(i64, ActionEvent)]) -> Timeline {
        let mut history = Timeline::default();
        for (second, occurrence) in events {
            history.apply(at(*second), occurrence);
        }
        history
    }

    #[test]
    fn the_ways_through_it() {
        let exhausted = || ActionEvent::Exhausted { reason: "25 attempts".to_owned() };
        assert_eq!(history(&[(1, ActionEvent::Started)]).health(), Health::Healthy);
        let failing = history(&[(1, failed(1)), (2, failed(2)), (3, ActionEvent::Started)]);
        assert!(
            matches!(failing.health(), Health::Failing { first, last } if first.attempt == 1 && last.attempt == 2)
        );
        assert_eq!(history(&[(1, failed(1)), (2, ActionEvent::Completed)]).health(), Health::Healthy);
        assert_eq!(history(&[(1, failed(1)), (2, exhausted())]).health(), Health::Abandoned("25 attempts"));
        assert_eq!(history(&[(2, exhausted()), (3, ActionEvent::Completed)]).health(), Health::Healthy);
        assert!(history(&[(2, ActionEvent::Completed), (3, failed(1))]).is_failing());
        assert!(history(&[(2, exhausted()), (3, failed(1))]).is_failing());
        // Late: it is over already.
        assert!(!history(&[(5, ActionEvent::Completed), (3, failed(1))]).is_failing());
        assert!(!history(&[(3, failed(1)), (3, ActionEvent::Completed)]).is_failing());
    }

    #[test]
    fn many_failures_keep_the_first_and_the_last() {
        let events: Vec<_> = (1..=200).map(|attempt| (attempt, failed(u32::try_from(attempt).unwrap()))).collect();
        let history = history(&events);
        assert_eq!(history.failures.len(), MAX_FAILURES);
        assert!(
            matches!(history.health(), Health::Failing { first, last } if first.attempt == 1 && last.attempt == 200)
        );
    }

    fn occurrences() -> impl Strategy<Value = ActionEvent> {
        prop_oneof![
            Just(ActionEvent::Started),
            (1..4_u32).prop_map(failed),
            "a|b".prop_map(|reason| ActionEvent::Exhausted { reason }),
            Just(ActionEvent::Completed),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn the_order_does_not_matter_and_neither_do_repeats(
            events in proptest::collection::vec((0..12_i64, occurrences()), 0..20),
            repeats in proptest::collection::vec(any::<prop::sample::Index>(), 0..10),
            seed in any::<u64>(),
        ) {
            let expected = history(&events);
            let mut shuffled = events.clone();
            if !events.is_empty() {
                shuffled.extend(repeats.iter().map(|index| index.get(&events).clone()));
            }
            // A shuffle that the seed says.
            shuffled.sort_by_cached_key(|event| crate::domain::fingerprint::Fingerprint::hash(&(seed, event)).to_string());
            prop_assert_eq!(history(&shuffled), expected);
        }

        #[test]
        fn hearing_it_again_changes_nothing(events in proptest::collection::vec((0..12_i64, occurrences()), 1..20)) {
            let mut held = history(&events);
            for (second, occurrence) in &events {
                prop_assert!(!held.apply(at(*second), occurrence));
            }
        }
    }
}
