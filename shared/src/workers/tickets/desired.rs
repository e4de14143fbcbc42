//! The desired ticket of an action or an organization, computed from the records. Pure.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::domain::action::Kind;
use crate::domain::action::timeline::Health;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::vendor_id::VendorId;
use crate::store::{ActionRecord, FailuresRecord, TrackedTicket};
use crate::workers::tickets::text;

/// The desired state of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum DesiredTicket {
    /// An open ticket.
    Open(TicketContent),
    /// Closed, because the failure is over. The value is the resolution note.
    Closed(String),
    /// Cancelled, because the action was abandoned or the subscription ended. The value is the resolution note.
    Cancelled(String),
}

/// The content of an open ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TicketContent {
    /// Name of the ticket's configuration, `{region}.{kind}.{id}`.
    pub configuration: String,
    /// External reference of the ticket. It differs after each terminal event.
    pub reference: String,
    /// Time of the last terminal event before the failures.
    pub previous_end: Option<Timestamp>,
    /// Time of the last failure.
    pub last_event_at: Timestamp,
    /// The ticket's summary.
    pub summary: String,
    /// The ticket's description.
    pub description: String,
    /// Number of the last attempt, or the highest number of actions that failed together.
    pub failure_count: u32,
    /// The note that is added when `failure_count` grows.
    pub progress_note: String,
}

impl DesiredTicket {
    /// Returns the desired ticket of one action, whose organization has been subscribed since `live_since`. Failures that began
    /// before have a ticket of their own afterwards, because theirs was cancelled with the subscription.
    pub fn of_action(record: &ActionRecord, live_since: Timestamp) -> Self {
        let name = record.key.to_string();
        match record.timeline.health() {
            Health::Failing { first, last } => Self::Open(TicketContent {
                reference: reference(&name, first.at.max(live_since)),
                configuration: name,
                previous_end: if first.at < live_since {
                    Some(live_since)
                } else {
                    record.timeline.end.as_ref().map(|end| end.at)
                },
                last_event_at: last.at,
                summary: text::summary(record, last),
                description: text::description(record, first, last),
                failure_count: last.attempt,
                progress_note: text::attempt(record, last),
            }),
            Health::Healthy => Self::Closed(text::recovered(record)),
            Health::Abandoned(reason) => Self::Cancelled(text::abandoned(record, reason)),
        }
    }

    /// Returns the desired group ticket of an organization, which has been subscribed since `live_since`.
    pub fn of_organization(record: &FailuresRecord, region: &str, live_since: Timestamp) -> Self {
        let Some(since) = record.grouped_since else { return Self::Closed(text::group_recovered()) };
        let since = since.max(live_since);
        let name = name_of_organization(region, &record.organization);
        Self::Open(TicketContent {
            reference: reference(&name, since),
            configuration: name,
            previous_end: Some(since),
            last_event_at: record.updated_at,
            summary: text::group_summary(record),
            description: text::group_description(record),
            failure_count: noted_size(record.grouped_peak),
            progress_note: text::group_progress(record),
        })
    }

    /// Returns the fingerprint of the desired state. Of an open ticket, only the reference and the failure count matter.
    pub fn fingerprint(&self) -> Fingerprint {
        match self {
            Self::Open(content) => Fingerprint::hash(&(&content.reference, content.failure_count)),
            Self::Closed(_) => Fingerprint::hash(&"closed"),
            Self::Cancelled(_) => Fingerprint::hash(&"cancelled"),
        }
    }

    /// Returns `true` if a ticket must be opened: no ticket covers these failures, and the last one is not older than
    /// `max_age`.
    pub fn needs_a_ticket(&self, tracked: Option<&TrackedTicket>, now: Timestamp, max_age: SignedDuration) -> bool {
        match self {
            Self::Open(content) => {
                let is_new =
                    tracked.is_none_or(|tracked| tracked.closed && tracked.previous_end != content.previous_end);
                is_new && now.duration_since(content.last_event_at) <= max_age
            }
            Self::Closed(_) | Self::Cancelled(_) => false,
        }
    }
}

/// Returns the largest power of two up to `peak`, so that a group ticket gets a note when the number of its failures doubles
/// and not for each failure.
fn noted_size(peak: usize) -> u32 {
    let peak = u32::try_from(peak).unwrap_or(u32::MAX);
    peak.checked_ilog2().map_or(0, |power| 1 << power)
}

/// Returns the name of a group ticket's configuration. It has the format of an action's.
fn name_of_organization(region: &str, organization: &VendorId) -> String {
    format!("{}.{}.all-of-{}", organization.instance.region(region), Kind::Backup, organization.id)
}

fn reference(name: &str, since: Timestamp) -> String {
    format!("{name}@{}", since.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::action::Mailbox;
    use crate::domain::action::timeline::{ActionEvent, Timeline};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_900_000_000 + seconds).unwrap()
    }

    fn record(events: &[(i64, ActionEvent)]) -> ActionRecord {
        let mut timeline = Timeline::default();
        for (second, event) in events {
            timeline.apply(at(*second), event);
        }
        ActionRecord {
            key: "euwest.backup.10".parse().unwrap(),
            mailbox: Mailbox {
                organization: VendorId::parse("440032-6").unwrap(),
                address: "ann@acme.example".to_owned(),
            },
            timeline,
            grouped: false,
            claimed_by: None,
            version: 1,
            updated_at: at(0),
        }
    }

    fn failed(attempt: u32) -> ActionEvent {
        ActionEvent::Failed { attempt, error: "Authentication Error".to_owned() }
    }

    #[test]
    fn failures_from_before_a_subscription_get_another_ticket() {
        let failing = record(&[(1, failed(1)), (9, failed(2))]);
        let content = |live_since: i64| match DesiredTicket::of_action(&failing, at(live_since)) {
            DesiredTicket::Open(content) => content,
            other => panic!("{other:?}"),
        };
        let cancelled = TrackedTicket {
            id: crate::connectwise::TicketId::new(1),
            previous_end: content(0).previous_end,
            noted_count: 1,
            closed: true,
        };
        let needs = |live_since: i64| {
            let hours = SignedDuration::from_hours(48);
            DesiredTicket::Open(content(live_since)).needs_a_ticket(Some(&cancelled), at(10), hours)
        };
        assert_eq!((needs(0), needs(5)), (false, true));
        assert_ne!(content(0).reference, content(5).reference);
    }

    #[test]
    fn an_attempt_keeps_the_ticket_and_a_failure_after_a_recovery_opens_another() {
        let of = |events: &[(i64, ActionEvent)]| match DesiredTicket::of_action(&record(events), at(0)) {
            DesiredTicket::Open(content) => content,
            other => panic!("{other:?}"),
        };
        let (first, second) = (of(&[(1, failed(1))]), of(&[(1, failed(1)), (2, failed(2))]));
        assert_eq!(first.reference, second.reference);
        assert_eq!((first.failure_count, second.failure_count), (1, 2));
        let after_recovery = of(&[(1, failed(1)), (2, ActionEvent::Completed), (3, failed(1))]);
        assert_ne!(after_recovery.reference, first.reference);
        let closed = TrackedTicket {
            id: crate::connectwise::TicketId::new(1),
            previous_end: None,
            noted_count: 1,
            closed: true,
        };
        let hours = SignedDuration::from_hours(48);
        assert!(!DesiredTicket::Open(second).needs_a_ticket(Some(&closed), at(5), hours));
        assert!(DesiredTicket::Open(after_recovery.clone()).needs_a_ticket(Some(&closed), at(5), hours));
        assert!(!DesiredTicket::Open(after_recovery).needs_a_ticket(None, at(49 * 3600), hours));
    }
}
