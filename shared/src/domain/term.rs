//! The term of a subscription at a vendor that sells terms: what the subscription has until the renewal and from then on,
//! and the notices before the end of an annual term.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::fingerprint::Fingerprint;

/// Days before the end of an annual term at which a notice is due, in their order.
pub const NOTICE_DAYS: [u16; 3] = [60, 30, 7];

/// Time between the end of an annual term and the look at the term that follows it.
const LOOK_AFTER_RENEWAL: SignedDuration = SignedDuration::from_hours(24);

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

/// The record of the renewal of a live subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// The term, as the vendor last showed it.
    pub term: Term,
    /// The entry of [`NOTICE_DAYS`] of the term's last notice; `None` before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noticed: Option<u16>,
    /// Fingerprint of the partner credentials with which the term is read without a caller. `None` if they could not be
    /// stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_id: Option<Fingerprint>,
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
        let before = SignedDuration::from_hours(24 * i64::from(days));
        self.ends_at.saturating_sub(before).unwrap_or(Timestamp::MIN)
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
    /// Returns the record of `term`. Notices of the same term, and the credentials, are taken from `before`.
    pub fn following(before: Option<&Self>, term: Term) -> Self {
        let noticed = before.filter(|before| before.term.ends_at == term.ends_at).and_then(|before| before.noticed);
        let credentials_id = before.and_then(|before| before.credentials_id.clone());
        Self { term, noticed, credentials_id }
    }

    /// Returns the entry of [`NOTICE_DAYS`] of which a notice is due. Of several that were missed, only the last is due.
    pub fn due_notice(&self, now: Timestamp) -> Option<u16> {
        let last = NOTICE_DAYS.into_iter().rev().find(|days| self.term.notice_at(*days) <= now)?;
        let is_new = self.noticed.is_none_or(|noticed| last < noticed);
        (is_new && self.term.is_annual() && now < self.term.ends_at).then_some(last)
    }

    /// Returns the time of the next look at the term: the next notice of an annual term, or, after the last one, the day after
    /// its renewal. `None` for a shorter term.
    pub fn next_look(&self) -> Option<Timestamp> {
        if !self.term.is_annual() {
            return None;
        }
        let next = NOTICE_DAYS.into_iter().find(|days| self.noticed.is_none_or(|noticed| *days < noticed));
        match next {
            Some(days) => Some(self.term.notice_at(days)),
            None => self.term.ends_at.saturating_add(LOOK_AFTER_RENEWAL).ok(),
        }
    }
}

/// Returns a day, in UTC, as the vendor counts it.
pub fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
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

    fn renewal(noticed: Option<u16>) -> Renewal {
        let term = Term {
            ends_at: at("2027-03-31T10:00:00Z"),
            months: 12,
            cancellable_until: at("2027-04-14T10:00:00Z"),
            contents: contents(8, &["Governance"]),
            renewal: Some(contents(5, &[])),
        };
        Renewal { term, noticed, credentials_id: None }
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn each_notice_is_due_once_and_missed_ones_are_one() {
        for (noticed, now, due) in [
            (None, "2027-01-30T09:59:59Z", None),
            (None, "2027-01-30T10:00:00Z", Some(60)),
            (Some(60), "2027-03-01T09:59:59Z", None),
            (Some(60), "2027-03-01T10:00:00Z", Some(30)),
            (Some(30), "2027-03-24T10:00:00Z", Some(7)),
            (Some(7), "2027-03-31T09:59:59Z", None),
            (None, "2027-03-25T00:00:00Z", Some(7)),
            (None, "2027-03-31T10:00:00Z", None),
        ] {
            assert_eq!(renewal(noticed).due_notice(at(now)), due, "{noticed:?} {now}");
        }
        let mut monthly = renewal(None);
        monthly.term.months = 1;
        assert_eq!((monthly.due_notice(at("2027-03-30T00:00:00Z")), monthly.next_look()), (None, None));
    }

    #[test]
    fn the_next_look_is_the_next_notice_or_after_the_renewal() {
        for (noticed, look) in [
            (None, "2027-01-30T10:00:00Z"),
            (Some(60), "2027-03-01T10:00:00Z"),
            (Some(30), "2027-03-24T10:00:00Z"),
            (Some(7), "2027-04-01T10:00:00Z"),
        ] {
            assert_eq!(renewal(noticed).next_look(), Some(at(look)));
        }
    }

    #[test]
    fn another_term_has_its_own_notices() {
        let before = Renewal { credentials_id: Some(Fingerprint::hash(&"partner")), ..renewal(Some(7)) };
        assert_eq!(Renewal::following(Some(&before), before.term.clone()), before);
        let next = Term { ends_at: at("2028-03-31T10:00:00Z"), ..before.term.clone() };
        let after = Renewal::following(Some(&before), next);
        assert_eq!((after.noticed, after.credentials_id), (None, before.credentials_id));
    }

    #[test]
    fn the_outlook_says_what_ends() {
        let term = renewal(None).term;
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
