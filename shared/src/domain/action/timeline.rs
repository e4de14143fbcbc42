//! The timeline of one action, and the health that follows from it. Pure functions, no I/O.
//!
//! ```text
//!                      failed                    failed: another attempt
//!        ┌─────────┐ ─────────▶ ┌─────────────┐ ─────────┐
//!        │ Healthy │            │   Failing   │ ◀────────┘
//!        └─────────┘ ◀───────── └─────────────┘
//!             ▲      completed        │ retries exhausted
//!             │                       ▼
//!             │ completed       ┌───────────┐  failed: fails again
//!             └──────────────── │ Abandoned │ ─────────▶ Failing
//!                               └───────────┘
//! ```
//!
//! A started event changes nothing. Events arrive in any order, late, and more than once, so the order of arrival has
//! no effect. The timeline stores the last terminal event (a completion, or the end of all retries) and the failures
//! after it, ordered by the time at which they happened. The health is a function of that set. Of events at the same
//! time, a completion counts as the last and a failure as the first.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Maximum number of failures stored for one run of failures. If there are more, the first and the latest are kept.
const MAX_FAILURES: usize = 40;

/// An event in the life of an action.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionEvent {
    /// An attempt began.
    Started,
    /// An attempt failed.
    Failed {
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The vendor's error message.
        error: String,
    },
    /// All retries failed; no more attempts are made.
    Exhausted {
        /// The reason.
        reason: String,
    },
    /// The action completed.
    Completed,
}

/// A failed attempt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// The time at which it failed.
    pub at: Timestamp,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The vendor's error message.
    pub error: String,
}

/// The end of a run of attempts: a completion, or the end of all retries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalEvent {
    /// The time at which it ended.
    pub at: Timestamp,
    /// The reason that the action was abandoned; `None` if it completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abandoned_reason: Option<String>,
}

/// The events of an action that determine its health.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The last terminal event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<TerminalEvent>,
    /// The failures after the last terminal event.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub failures: BTreeSet<FailedAttempt>,
}

/// The health of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health<'h> {
    /// The action has not failed since it last completed.
    Healthy,
    /// The action fails.
    Failing {
        /// The first failure of this run.
        first: &'h FailedAttempt,
        /// The last failure of this run.
        last: &'h FailedAttempt,
    },
    /// The action was abandoned, for this reason.
    Abandoned(&'h str),
}

impl Timeline {
    /// Applies an event that happened at `at`. Returns `true` if the timeline changed.
    pub fn apply(&mut self, at: Timestamp, event: &ActionEvent) -> bool {
        let before = self.clone();
        match event {
            ActionEvent::Started => {}
            ActionEvent::Failed { attempt, error } => {
                self.failures.insert(FailedAttempt { at, attempt: *attempt, error: error.clone() });
            }
            ActionEvent::Exhausted { reason } => {
                self.record_end(TerminalEvent { at, abandoned_reason: Some(reason.clone()) });
            }
            ActionEvent::Completed => self.record_end(TerminalEvent { at, abandoned_reason: None }),
        }
        if let Some(end) = &self.end {
            // A failure precedes a terminal event at the same time.
            self.failures.retain(|failure| failure.at > end.at);
        }
        while self.failures.len() > MAX_FAILURES {
            let second = self.failures.iter().nth(1).cloned();
            let Some(second) = second else { break };
            self.failures.remove(&second);
        }
        *self != before
    }

    fn record_end(&mut self, end: TerminalEvent) {
        let later = |current: &TerminalEvent| {
            // At the same time, a completion is later than an abandonment. Of two reasons, the greater one is kept, so
            // that the order of arrival has no effect.
            let rank = |end: &TerminalEvent| (end.at, end.abandoned_reason.is_none(), end.abandoned_reason.clone());
            rank(&end) > rank(current)
        };
        if self.end.as_ref().is_none_or(later) {
            self.end = Some(end);
        }
    }

    /// Returns the health of the action.
    pub fn health(&self) -> Health<'_> {
        match (self.failures.first(), self.failures.last(), &self.end) {
            (Some(first), Some(last), _) => Health::Failing { first, last },
            (_, _, Some(TerminalEvent { abandoned_reason: Some(reason), .. })) => Health::Abandoned(reason),
            (_, _, Some(TerminalEvent { abandoned_reason: None, .. }) | None) => Health::Healthy,
        }
    }

    /// Returns `true` if the action completed and has not failed since.
    pub fn is_completed(&self) -> bool {
        self.end.is_some() && self.health() == Health::Healthy
    }

    /// Returns `true` if the action is failing.
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

    fn timeline(events: &[(i64, ActionEvent)]) -> Timeline {
        let mut timeline = Timeline::default();
        for (second, event) in events {
            timeline.apply(at(*second), event);
        }
        timeline
    }

    #[test]
    fn events_determine_the_health() {
        let exhausted = || ActionEvent::Exhausted { reason: "25 attempts".to_owned() };
        assert_eq!(timeline(&[(1, ActionEvent::Started)]).health(), Health::Healthy);
        let failing = timeline(&[(1, failed(1)), (2, failed(2)), (3, ActionEvent::Started)]);
        assert!(matches!(failing.health(), Health::Failing { first, last } if first.attempt == 1 && last.attempt == 2));
        assert_eq!(timeline(&[(1, failed(1)), (2, ActionEvent::Completed)]).health(), Health::Healthy);
        assert_eq!(timeline(&[(1, failed(1)), (2, exhausted())]).health(), Health::Abandoned("25 attempts"));
        assert_eq!(timeline(&[(2, exhausted()), (3, ActionEvent::Completed)]).health(), Health::Healthy);
        assert!(timeline(&[(2, ActionEvent::Completed), (3, failed(1))]).is_failing());
        assert!(timeline(&[(2, exhausted()), (3, failed(1))]).is_failing());
        // Late events: the run has already ended.
        assert!(!timeline(&[(5, ActionEvent::Completed), (3, failed(1))]).is_failing());
        assert!(!timeline(&[(3, failed(1)), (3, ActionEvent::Completed)]).is_failing());
    }

    #[test]
    fn many_failures_are_reduced_to_the_first_and_the_latest() {
        let events: Vec<_> = (1..=200).map(|attempt| (attempt, failed(u32::try_from(attempt).unwrap()))).collect();
        let timeline = timeline(&events);
        assert_eq!(timeline.failures.len(), MAX_FAILURES);
        assert!(
            matches!(timeline.health(), Health::Failing { first, last } if first.attempt == 1 && last.attempt == 200)
        );
    }

    fn any_event() -> impl Strategy<Value = ActionEvent> {
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
        fn neither_order_nor_repetition_matters(
            events in proptest::collection::vec((0..12_i64, any_event()), 0..20),
            repeats in proptest::collection::vec(any::<prop::sample::Index>(), 0..10),
            seed in any::<u64>(),
        ) {
            let expected = timeline(&events);
            let mut shuffled = events.clone();
            if !events.is_empty() {
                shuffled.extend(repeats.iter().map(|index| index.get(&events).clone()));
            }
            // A shuffle determined by the seed.
            shuffled.sort_by_cached_key(|event| crate::domain::fingerprint::Fingerprint::hash(&(seed, event)).to_string());
            prop_assert_eq!(timeline(&shuffled), expected);
        }

        #[test]
        fn repeated_events_change_nothing(events in proptest::collection::vec((0..12_i64, any_event()), 1..20)) {
            let mut timeline = timeline(&events);
            for (second, event) in &events {
                prop_assert!(!timeline.apply(at(*second), event));
            }
        }
    }
}
