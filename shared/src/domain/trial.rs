//! Trials: the end of a trial, the notices before and at it, and its effect.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::fingerprint::Fingerprint;
use crate::domain::term::{Notice, day, days_before};

/// Days before the end of a trial at which a notice is due, in their order. The last one is at the end.
pub const NOTICE_DAYS: [u16; 3] = [7, 1, 0];

/// Longest time between two looks at a trial, so that a wrong date does not silence its notices.
const LOOK_INTERVAL: SignedDuration = SignedDuration::from_hours(24 * 7);

/// An end that moves by less is of the same trial.
const SAME_END_TOLERANCE: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Shortest time for which the digests name a trial that has ended and waits for a person's decision.
const TOLD_AFTER_END: SignedDuration = SignedDuration::from_hours(24 * 7);

/// The effect of the end of a trial that an MSP sold in the portal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TrialEnd {
    /// Nothing is changed until a person converts or cancels it.
    #[default]
    Ask,
    /// It becomes a paid subscription.
    Convert,
    /// It is cancelled.
    End,
}

impl TrialEnd {
    /// Returns the effect of the end of a trial. `period` is its record, `planned` the choice of its plan. Once a choice is
    /// recorded for the end, it decides: the plan can only weaken it to [`TrialEnd::Ask`]. Nothing happens by itself to a trial
    /// without a record.
    pub fn effect(period: Option<&TrialPeriod>, planned: Self) -> Self {
        match (period.map(|period| period.at_end), planned) {
            (None, _) => Self::Ask,
            (Some(Some(recorded)), Self::Convert | Self::End) => recorded,
            (Some(_), planned) => planned,
        }
    }
}

/// The record of a trial's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialPeriod {
    /// The end, as the vendor last showed it. Computed from the start if the vendor shows none.
    pub ends_at: Timestamp,
    /// The last notice; `None` before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noticed: Option<Notice>,
    /// The effect of the end, as it was chosen then. `None` before the end, and if the BSS decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_end: Option<TrialEnd>,
    /// The reason for which the order at the end was refused, for a person. `None` if it was not, and after the next order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Fingerprint of the partner credentials of the last order, with which the end is read without a caller. `None` if they
    /// could not be stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_id: Option<Fingerprint>,
}

/// Returns `true` if the end of a trial belongs in a digest at `now`: it comes before the next digest, or the first notice
/// before it is due.
pub fn is_near(ends_at: Timestamp, now: Timestamp, next_digest: Timestamp) -> bool {
    let [first, ..] = NOTICE_DAYS;
    ends_at <= next_digest || days_before(ends_at, first) <= now
}

/// Returns `true` while a trial that has ended, and waits for a person's decision, still belongs in a digest at `now`: it ended
/// after `previous_digest`, or within a week. A trial may be sold after one monthly digest and end long before the next one.
pub fn is_recent(ends_at: Timestamp, now: Timestamp, previous_digest: Timestamp) -> bool {
    ends_at > previous_digest || now.duration_since(ends_at) <= TOLD_AFTER_END
}

/// Returns the end of a trial of `days` days that started at `start`.
pub fn computed_end(start: Timestamp, days: u32) -> Timestamp {
    start.saturating_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

impl TrialPeriod {
    /// Returns the record of a trial that ends at `ends_at`, after an order. The notices, the choice at the same end and the
    /// credentials are taken from `before`.
    pub fn following(before: Option<&Self>, ends_at: Timestamp) -> Self {
        let of_same_end = before.filter(|before| is_same(before.ends_at, ends_at));
        Self {
            ends_at,
            noticed: before.and_then(|before| before.noticed),
            at_end: of_same_end.and_then(|before| before.at_end),
            refusal: None,
            credentials_id: before.and_then(|before| before.credentials_id.clone()),
        }
    }

    /// Returns the first record of a trial that an earlier release sold. One that has ended by `now` is left to a person.
    pub fn of_older(ends_at: Timestamp, now: Timestamp) -> Self {
        let period = Self::following(None, ends_at);
        if period.is_over(now) {
            let noticed = Some(Notice { days: 0, ends_at });
            return Self { noticed, at_end: Some(TrialEnd::Ask), ..period };
        }
        period
    }

    /// Returns `true` once the trial has ended.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at <= now
    }

    /// Returns the notice that is due. Of several that were missed, only the last is due.
    pub fn due_notice(&self, now: Timestamp) -> Option<Notice> {
        let days = NOTICE_DAYS.into_iter().rev().find(|days| self.notice_at(*days) <= now)?;
        self.is_ahead(days).then_some(Notice { days, ends_at: self.ends_at })
    }

    /// Returns the time of the next look at the trial, if the record was written at `written_at`: the next notice, or at once if
    /// the choice at the end is not carried out yet. `None` if nothing follows the end by itself.
    pub fn next_look(&self, written_at: Timestamp) -> Option<Timestamp> {
        let longest = written_at.saturating_add(LOOK_INTERVAL).unwrap_or(Timestamp::MAX);
        match (NOTICE_DAYS.into_iter().find(|days| self.is_ahead(*days)), self.at_end) {
            (Some(days), _) => Some(self.notice_at(days).min(longest)),
            (None, Some(TrialEnd::Convert | TrialEnd::End)) => Some(self.ends_at),
            (None, Some(TrialEnd::Ask) | None) => None,
        }
    }

    /// Returns the end, for a person.
    pub fn outlook(&self, now: Timestamp) -> String {
        let end = day(self.ends_at);
        if self.is_over(now) {
            format!("The trial ended on {end}. Convert it to a paid subscription, or cancel it.")
        } else {
            format!("The trial ends on {end}. Convert it to a paid subscription before, or cancel it.")
        }
    }

    fn notice_at(&self, days: u16) -> Timestamp {
        days_before(self.ends_at, days)
    }

    /// Returns `true` if the trial had no notice yet at `days` or fewer days before its end.
    fn is_ahead(&self, days: u16) -> bool {
        let noticed = self.noticed.filter(|noticed| is_same(noticed.ends_at, self.ends_at));
        noticed.is_none_or(|noticed| days < noticed.days)
    }
}

fn is_same(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).abs() < SAME_END_TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: &str = "2027-03-15T10:00:00Z";

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn trial(noticed: Option<u16>, at_end: Option<TrialEnd>) -> TrialPeriod {
        let noticed = noticed.map(|days| Notice { days, ends_at: at(END) });
        TrialPeriod { ends_at: at(END), noticed, at_end, refusal: None, credentials_id: None }
    }

    fn due(trial: &TrialPeriod, now: &str) -> Option<u16> {
        trial.due_notice(at(now)).map(|notice| notice.days)
    }

    #[test]
    fn each_notice_is_due_once_and_missed_ones_are_one() {
        for (noticed, now, notice) in [
            (None, "2027-03-08T09:59:59Z", None),
            (None, "2027-03-08T10:00:00Z", Some(7)),
            (Some(7), "2027-03-14T09:59:59Z", None),
            (Some(7), "2027-03-14T10:00:00Z", Some(1)),
            (Some(1), "2027-03-15T09:59:59Z", None),
            (Some(1), "2027-03-15T10:00:00Z", Some(0)),
            (None, "2027-04-01T00:00:00Z", Some(0)),
            (Some(0), "2027-04-01T00:00:00Z", None),
        ] {
            assert_eq!(due(&trial(noticed, None), now), notice, "{noticed:?} {now}");
        }
    }

    #[test]
    fn the_next_look_is_the_next_notice_or_what_is_left_to_do_at_the_end() {
        let written = at("2027-03-14T12:00:00Z");
        for (noticed, at_end, look) in [
            (Some(7), None, Some("2027-03-14T10:00:00Z")),
            (Some(1), None, Some(END)),
            (Some(0), None, None),
            (Some(0), Some(TrialEnd::Ask), None),
            (Some(0), Some(TrialEnd::Convert), Some(END)),
            (Some(0), Some(TrialEnd::End), Some(END)),
        ] {
            assert_eq!(trial(noticed, at_end).next_look(written), look.map(at), "{noticed:?} {at_end:?}");
        }
        let far = TrialPeriod { ends_at: at("2099-01-01T00:00:00Z"), ..trial(None, None) };
        assert_eq!(far.next_look(at("2027-03-01T00:00:00Z")), Some(at("2027-03-08T00:00:00Z")));
    }

    #[test]
    fn a_moved_end_keeps_the_notices_and_another_one_has_its_own() {
        let before = TrialPeriod {
            credentials_id: Some(Fingerprint::hash(&"partner")),
            ..trial(Some(0), Some(TrialEnd::Convert))
        };
        let refused = TrialPeriod { refusal: Some("4 seats are in use.".to_owned()), ..before.clone() };
        assert_eq!(TrialPeriod::following(Some(&refused), at(END)), before, "the next order has its own outcome");
        assert_eq!(TrialPeriod::following(Some(&before), at(END)), before);
        let midnight = TrialPeriod::following(Some(&before), at("2027-03-15T00:00:00Z"));
        assert_eq!((due(&midnight, "2027-03-16T00:00:00Z"), midnight.at_end), (None, before.at_end));
        let extended = TrialPeriod::following(Some(&before), at("2027-04-15T10:00:00Z"));
        assert_eq!((extended.at_end, &extended.credentials_id), (None, &before.credentials_id));
        assert_eq!(due(&extended, "2027-04-08T10:00:00Z"), Some(7));
        assert!(!extended.is_over(at("2027-04-15T09:59:59Z")) && extended.is_over(at("2027-04-15T10:00:00Z")));
    }

    #[test]
    fn a_recorded_choice_decides_and_can_only_be_weakened() {
        use TrialEnd::{Ask, Convert, End};
        for (recorded, planned, effect) in [
            (None, Ask, Ask),
            (None, Convert, Convert),
            (None, End, End),
            (Some(Ask), Convert, Ask),
            (Some(Ask), End, Ask),
            (Some(Convert), Convert, Convert),
            (Some(Convert), End, Convert),
            (Some(End), Convert, End),
            (Some(Convert), Ask, Ask),
            (Some(End), Ask, Ask),
        ] {
            let period = trial(Some(0), recorded);
            assert_eq!(TrialEnd::effect(Some(&period), planned), effect, "{recorded:?} {planned:?}");
            assert_eq!(TrialEnd::effect(None, planned), Ask, "a trial without a record");
        }
    }

    #[test]
    fn an_older_trial_that_has_ended_is_left_to_a_person() {
        let ended = TrialPeriod::of_older(at(END), at(END));
        assert_eq!(ended, trial(Some(0), Some(TrialEnd::Ask)));
        assert_eq!((due(&ended, "2027-03-16T00:00:00Z"), ended.next_look(at(END))), (None, None));
        let running = TrialPeriod::of_older(at(END), at("2027-03-15T09:59:59Z"));
        assert_eq!(running, trial(None, None));
    }

    #[test]
    fn the_end_is_computed_from_the_start_and_told() {
        assert_eq!(computed_end(at("2027-03-01T10:00:00Z"), 14), at(END));
        assert_eq!(computed_end(Timestamp::MAX, 14), Timestamp::MAX);
        let told = |now| trial(None, None).outlook(at(now));
        assert_eq!(
            told("2027-03-14T00:00:00Z"),
            "The trial ends on 2027-03-15. Convert it to a paid subscription before, or cancel it."
        );
        assert_eq!(
            told("2027-03-16T00:00:00Z"),
            "The trial ended on 2027-03-15. Convert it to a paid subscription, or cancel it."
        );
    }

    #[test]
    fn a_digest_tells_the_ends_from_the_previous_one_to_the_next_one_and_within_a_week() {
        for (now, next, near) in [
            ("2027-03-08T10:00:00Z", "2027-03-09T06:00:00Z", true),
            ("2027-03-08T09:59:59Z", "2027-03-09T06:00:00Z", false),
            // A monthly one.
            ("2027-03-01T06:00:00Z", "2027-04-01T05:00:00Z", true),
            ("2027-02-01T06:00:00Z", "2027-03-01T06:00:00Z", false),
            ("2027-04-08T10:00:00Z", "2027-04-09T06:00:00Z", true),
        ] {
            assert_eq!(is_near(at(END), at(now), at(next)), near, "{now} {next}");
        }
        for (previous, now, recent) in [
            ("2027-03-21T06:00:00Z", "2027-03-22T10:00:00Z", true),
            ("2027-03-21T06:00:00Z", "2027-03-22T10:00:01Z", false),
            // A monthly one.
            ("2027-03-01T06:00:00Z", "2027-04-01T05:00:00Z", true),
            (END, "2027-04-15T10:00:00Z", false),
        ] {
            assert_eq!(is_recent(at(END), at(now), at(previous)), recent, "{previous} {now}");
        }
    }

    #[test]
    fn an_old_item_without_the_later_attributes_is_read() {
        let read: TrialPeriod = serde_json::from_str(&format!(r#"{{"ends_at": "{END}"}}"#)).unwrap();
        assert_eq!(read, trial(None, None));
    }
}
