//! The term of a subscription at a vendor that sells terms: what the subscription has until the renewal and from then on,
//! and the notices before the end of an annual term.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::fingerprint::Fingerprint;

/// Days before the end of an annual term at which a notice is due, in their order.
pub const NOTICE_DAYS: [u16; 3] = [60, 30, 7];

/// Time between the end of a term and the look at the term that follows it, and after a write without a term.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Longest time between two looks at an annual term, so that a wrong date does not silence its notices.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The current term of a live subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Time of the renewal, or of the end if the term is not renewed.
    pub ends_at: Timestamp,
    /// Length in months.
    pub months: u8,
    /// Time until which the subscription can be cancelled after the renewal.
    pub cancellable_until: Timestamp,
    /// Contents until the end.
    pub contents: TermContents,
    /// Contents from the renewal on; `None` if the term is not renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<TermContents>,
}

/// Contents of a subscription in a term, in the vendor's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermContents {
    /// Display name of the plan.
    pub plan: String,
    /// Number of licences.
    pub licences: u32,
    /// Display names of the add-ons.
    #[serde(default)]
    pub addons: Vec<String>,
}

/// The record of the renewal of a live, paid subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// The term, as the vendor last showed it; `None` if it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<Term>,
    /// The last notice; `None` before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noticed: Option<Notice>,
    /// Fingerprint of the partner credentials with which the term is read without a caller. `None` if they could not be
    /// stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_id: Option<Fingerprint>,
}

/// A notice before the end of a term or of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Days before the end: an entry of [`NOTICE_DAYS`] or of [`trial::NOTICE_DAYS`](crate::domain::trial::NOTICE_DAYS).
    pub days: u16,
    /// The end, as the vendor showed it then.
    pub ends_at: Timestamp,
}

impl Term {
    /// Returns `true` if the term is a year or longer. A shorter one has no notices.
    pub const fn is_annual(&self) -> bool {
        self.months >= 12
    }

    /// Returns `true` from the first notice before the end of an annual term on.
    pub fn ends_soon(&self, now: Timestamp) -> bool {
        self.is_annual() && now < self.ends_at && NOTICE_DAYS.iter().any(|days| self.notice_at(*days) <= now)
    }

    /// Returns `true` if a term with the end `other` is this one: the vendor may show an end with or without the time of day, and
    /// may move it.
    fn is_same(&self, other: Timestamp) -> bool {
        let half = SignedDuration::from_hours(24 * 15 * i64::from(self.months));
        self.ends_at.duration_since(other).abs() < half
    }

    /// Returns `true` if the renewal brings another plan, or the same with another commitment.
    fn changes_plan(&self) -> bool {
        self.renewal.as_ref().is_some_and(|renewal| renewal.plan != self.contents.plan)
    }

    /// Returns what ends at the renewal, for a person; empty if nothing ends.
    pub fn ending(&self) -> Vec<String> {
        let Some(renewal) = &self.renewal else { return vec!["the subscription".to_owned()] };
        let plan = (renewal.plan != self.contents.plan).then(|| self.contents.plan.clone());
        let fewer = self.contents.licences.saturating_sub(renewal.licences);
        let licences = (fewer > 0).then(|| licences(fewer));
        let addons = self.contents.addons.iter().filter(|addon| !renewal.addons.contains(addon)).cloned();
        plan.into_iter().chain(licences).chain(addons).collect()
    }

    /// Returns the outlook on the renewal, for a person.
    pub fn outlook(&self) -> String {
        let end = day(self.ends_at);
        let Some(renewal) = &self.renewal else {
            return format!(
                "The term ends on {end} and is not renewed. Until then: {}. Activate the subscription before that day to keep it.",
                self.contents.text()
            );
        };
        let ending = match self.ending().as_slice() {
            [] => String::new(),
            ending => format!(" This ends then: {}.", ending.join(", ")),
        };
        format!(
            "The term is renewed on {end}. Until then: {}. From then on: {}.{ending} Order changes of the renewal before that day. The renewed term can be cancelled until {}.",
            self.contents.text(),
            renewal.text(),
            day(self.cancellable_until)
        )
    }

    fn notice_at(&self, days: u16) -> Timestamp {
        days_before(self.ends_at, days)
    }
}

impl TermContents {
    /// Returns the contents, for a person.
    pub fn text(&self) -> String {
        let parts = [self.plan.clone(), licences(self.licences)];
        parts.into_iter().chain(self.addons.iter().cloned()).collect::<Vec<_>>().join(", ")
    }
}

impl Renewal {
    /// Returns the record after the vendor showed `term`. What it did not show, the notices and the credentials are taken from
    /// `before`.
    pub fn following(before: Option<&Self>, term: Option<Term>) -> Self {
        Self {
            term: term.or_else(|| before.and_then(|before| before.term.clone())),
            noticed: before.and_then(|before| before.noticed),
            credentials_id: before.and_then(|before| before.credentials_id.clone()),
        }
    }

    /// Returns the notice that is due. Of several that were missed, only the last is due.
    pub fn due_notice(&self, now: Timestamp) -> Option<Notice> {
        let term = self.term.as_ref().filter(|term| term.ends_soon(now))?;
        let days = NOTICE_DAYS.into_iter().rev().find(|days| term.notice_at(*days) <= now)?;
        self.is_ahead(term, days).then_some(Notice { days, ends_at: term.ends_at })
    }

    /// Returns the time of the next look at the term, if the record was written at `written_at`. Of an annual term: the next
    /// notice or, after the last one, the day after the renewal. `None` for a shorter term that is renewed as it is.
    pub fn next_look(&self, written_at: Timestamp) -> Option<Timestamp> {
        let after = |time: Timestamp, wait| time.saturating_add(wait).unwrap_or(Timestamp::MAX);
        let Some(term) = &self.term else { return Some(after(written_at, DAY)) };
        let after_renewal = after(term.ends_at, DAY);
        if !term.is_annual() {
            return term.changes_plan().then_some(after_renewal);
        }
        let next = NOTICE_DAYS.into_iter().find(|days| self.is_ahead(term, *days));
        let look = next.map_or(after_renewal, |days| term.notice_at(days));
        Some(look.min(after(written_at, LONGEST_WAIT)))
    }

    /// Returns `true` if the term had no notice yet at `days` or fewer days before its end.
    fn is_ahead(&self, term: &Term, days: u16) -> bool {
        let noticed = self.noticed.filter(|noticed| term.is_same(noticed.ends_at));
        noticed.is_none_or(|noticed| days < noticed.days)
    }
}

/// Returns a day, in UTC, as the vendor counts it.
pub fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// Returns the time `days` days before `end`.
pub(super) fn days_before(end: Timestamp, days: u16) -> Timestamp {
    end.saturating_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

fn licences(number: u32) -> String {
    if number == 1 { "1 licence".to_owned() } else { format!("{number} licences") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(licences: u32, addons: &[&str]) -> TermContents {
        TermContents { plan: "Standard".to_owned(), licences, addons: addons.iter().map(ToString::to_string).collect() }
    }

    fn term() -> Term {
        Term {
            ends_at: at("2027-03-31T10:00:00Z"),
            months: 12,
            cancellable_until: at("2027-04-14T10:00:00Z"),
            contents: contents(8, &["Governance"]),
            renewal: Some(contents(5, &[])),
        }
    }

    fn renewal(term: Term, noticed: Option<u16>) -> Renewal {
        let noticed = noticed.map(|days| Notice { days, ends_at: term.ends_at });
        Renewal { term: Some(term), noticed, credentials_id: None }
    }

    fn due(renewal: &Renewal, now: &str) -> Option<u16> {
        renewal.due_notice(at(now)).map(|notice| notice.days)
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn each_notice_is_due_once_and_missed_ones_are_one() {
        for (noticed, now, notice) in [
            (None, "2027-01-30T09:59:59Z", None),
            (None, "2027-01-30T10:00:00Z", Some(60)),
            (Some(60), "2027-03-01T09:59:59Z", None),
            (Some(60), "2027-03-01T10:00:00Z", Some(30)),
            (Some(30), "2027-03-24T10:00:00Z", Some(7)),
            (Some(7), "2027-03-31T09:59:59Z", None),
            (None, "2027-03-25T00:00:00Z", Some(7)),
            (None, "2027-03-31T10:00:00Z", None),
        ] {
            assert_eq!(due(&renewal(term(), noticed), now), notice, "{noticed:?} {now}");
        }
        let monthly = renewal(Term { months: 1, ..term() }, None);
        assert_eq!(due(&monthly, "2027-03-30T00:00:00Z"), None);
    }

    #[test]
    fn the_next_look_is_the_next_notice_or_after_the_renewal() {
        for (noticed, look) in [
            (None, "2027-01-30T10:00:00Z"),
            (Some(60), "2027-03-01T10:00:00Z"),
            (Some(30), "2027-03-24T10:00:00Z"),
            (Some(7), "2027-04-01T10:00:00Z"),
        ] {
            let written = at(look) - SignedDuration::from_hours(24);
            assert_eq!(renewal(term(), noticed).next_look(written), Some(at(look)));
        }
    }

    #[test]
    fn an_annual_term_is_looked_at_at_least_once_in_30_days() {
        let far = renewal(Term { ends_at: at("2099-01-01T00:00:00Z"), ..term() }, None);
        assert_eq!(far.next_look(at("2026-05-01T00:00:00Z")), Some(at("2026-05-31T00:00:00Z")));
        let never_shown = Renewal { term: None, noticed: None, credentials_id: None };
        assert_eq!(never_shown.next_look(at("2026-05-01T00:00:00Z")), Some(at("2026-05-02T00:00:00Z")));
    }

    #[test]
    fn a_monthly_term_is_looked_at_after_a_renewal_with_another_plan() {
        let monthly = |renewal| Term { months: 1, renewal, ..term() };
        let look = |term| renewal(term, None).next_look(at("2027-03-05T00:00:00Z"));
        assert_eq!(look(monthly(None)), None);
        assert_eq!(look(monthly(Some(contents(5, &[])))), None);
        let annual = TermContents { plan: "Standard, annual".to_owned(), ..contents(5, &[]) };
        assert_eq!(look(monthly(Some(annual))), Some(at("2027-04-01T10:00:00Z")));
    }

    #[test]
    fn another_term_has_its_own_notices() {
        let before = Renewal { credentials_id: Some(Fingerprint::hash(&"partner")), ..renewal(term(), Some(7)) };
        assert_eq!(Renewal::following(Some(&before), Some(term())), before);
        assert_eq!(Renewal::following(Some(&before), None), before);
        let next = Term { ends_at: at("2028-03-31T10:00:00Z"), ..term() };
        let after = Renewal::following(Some(&before), Some(next));
        assert_eq!(after.credentials_id, before.credentials_id);
        assert_eq!(due(&after, "2028-02-01T00:00:00Z"), Some(60));
    }

    #[test]
    fn an_end_that_is_shown_differently_is_of_the_same_term() {
        let before = renewal(term(), Some(30));
        for end in ["2027-03-31T00:00:00Z", "2027-04-14T00:00:00Z"] {
            let shown = Renewal::following(Some(&before), Some(Term { ends_at: at(end), ..term() }));
            assert_eq!(due(&shown, "2027-03-20T00:00:00Z"), None, "{end}");
        }
        // A wrong date in between does not repeat a notice.
        let wrong = Term { ends_at: at("2099-01-01T00:00:00Z"), ..term() };
        let mended = Renewal::following(Some(&Renewal::following(Some(&before), Some(wrong))), Some(term()));
        assert_eq!(due(&mended, "2027-03-20T00:00:00Z"), None);
    }

    #[test]
    fn the_outlook_says_what_ends() {
        let term = term();
        assert_eq!(
            term.outlook(),
            "The term is renewed on 2027-03-31. Until then: Standard, 8 licences, Governance. From then on: Standard, 5 licences. This ends then: 3 licences, Governance. Order changes of the renewal before that day. The renewed term can be cancelled until 2027-04-14."
        );
        let same = Term { renewal: Some(term.contents.clone()), ..term.clone() };
        assert!(!same.outlook().contains("ends"), "{}", same.outlook());
        let left = Term { renewal: None, ..term };
        assert_eq!(
            left.outlook(),
            "The term ends on 2027-03-31 and is not renewed. Until then: Standard, 8 licences, Governance. Activate the subscription before that day to keep it."
        );
        assert!(left.ends_soon(at("2027-02-01T00:00:00Z")) && !left.ends_soon(at("2027-01-01T00:00:00Z")));
    }
}
