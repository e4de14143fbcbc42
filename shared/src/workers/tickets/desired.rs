//! What ticket there shall be, by what is on record: pure.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::domain::action::Kind;
use crate::domain::action::timeline::Health;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ExternalId;
use crate::store::{ActionRecord, FailuresRecord, TrackedTicket};
use crate::workers::tickets::text;

/// What there shall be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Wish {
    /// A ticket that somebody works on.
    Open(TicketContent),
    /// None, since all is well again: what is said at the end.
    Closed(String),
    /// None, since it was given up: what is said at the end.
    Cancelled(String),
}

/// What a ticket is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TicketContent {
    /// The name of its configuration, `{region}.{kind}.{id}`.
    pub configuration: String,
    /// Our key of it: another one after each end.
    pub reference: String,
    /// The last end before it.
    pub previous_end: Option<Timestamp>,
    /// When it was last heard of.
    pub last_event_at: Timestamp,
    /// The ticket's summary.
    pub summary: String,
    /// What happened and what to do.
    pub description: String,
    /// How far it has come: the attempt, or how many fail together.
    pub failure_count: u32,
    /// What is noted when it has come further.
    pub progress_note: String,
}

impl Wish {
    /// For one action.
    pub fn of_action(record: &ActionRecord) -> Self {
        let name = record.key.to_string();
        match record.timeline.health() {
            Health::Failing { first, last } => Self::Open(TicketContent {
                reference: reference(&name, first.at),
                configuration: name,
                previous_end: record.timeline.end.as_ref().map(|end| end.at),
                last_event_at: last.at,
                summary: text::summary(record, last),
                description: text::description(record, first, last),
                failure_count: last.attempt,
                progress_note: text::attempt(record, last),
            }),
            Health::Healthy => Self::Closed(text::works_again(record)),
            Health::Abandoned(reason) => Self::Cancelled(text::given_up(record, reason)),
        }
    }

    /// For all that fails together in an organization.
    pub fn of_organization(record: &FailuresRecord, region: &str) -> Self {
        let Some(since) = record.grouped_since else { return Self::Closed(text::all_work_again()) };
        let name = name_of_organization(region, &record.organization);
        Self::Open(TicketContent {
            reference: reference(&name, since),
            configuration: name,
            previous_end: Some(since),
            last_event_at: record.updated_at,
            summary: text::summary_of_many(record),
            description: text::description_of_many(record),
            failure_count: u32::try_from(record.grouped_peak).unwrap_or(u32::MAX),
            progress_note: text::more_of_many(record),
        })
    }

    /// What tells it from another one. Of a ticket that is open, how far it has come and nothing else.
    pub fn fingerprint(&self) -> Fingerprint {
        match self {
            Self::Open(trouble) => Fingerprint::hash(&(&trouble.reference, trouble.failure_count)),
            Self::Closed(_) => Fingerprint::hash(&"closed"),
            Self::Cancelled(_) => Fingerprint::hash(&"cancelled"),
        }
    }

    /// Whether a ticket has to be made for it: it is about something that no ticket was about, and that is not long past.
    pub fn needs_a_ticket(&self, held: Option<&TrackedTicket>, now: Timestamp, too_old: SignedDuration) -> bool {
        match self {
            Self::Open(trouble) => {
                let another = held.is_none_or(|held| held.over && held.previous_end != trouble.previous_end);
                another && now.duration_since(trouble.last_event_at) <= too_old
            }
            Self::Closed(_) | Self::Cancelled(_) => false,
        }
    }
}

/// The configuration of an organization's many stands beside those of its actions.
fn name_of_organization(region: &str, organization: &ExternalId) -> String {
    format!("{region}.{}.all-of-{organization}", Kind::Backup)
}

fn reference(name: &str, since: Timestamp) -> String {
    format!("{name}@{}", since.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::action::Mailbox;
    use crate::domain::action::timeline::{Timeline, ActionEvent};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_900_000_000 + seconds).unwrap()
    }

    fn record(events: &[(i64, ActionEvent)]) -> ActionRecord {
        let mut history = Timeline::default();
        for (second, occurrence) in events {
            history.apply(at(*second), occurrence);
        }
        ActionRecord {
            key: "euwest.backup.10".parse().unwrap(),
            mailbox: Mailbox {
                organization: ExternalId::parse("440032-6").unwrap(),
                address: "ann@acme.example".to_owned(),
            },
            timeline: history,
            grouped: false,
            version: 1,
            updated_at: at(0),
        }
    }

    fn failed(attempt: u32) -> ActionEvent {
        ActionEvent::Failed { attempt, error: "Authentication Error".to_owned() }
    }

    #[test]
    fn another_attempt_is_the_same_ticket_and_a_failure_after_an_end_another_one() {
        let of = |events: &[(i64, ActionEvent)]| match Wish::of_action(&record(events)) {
            Wish::Open(trouble) => trouble,
            other => panic!("{other:?}"),
        };
        let (first, second) = (of(&[(1, failed(1))]), of(&[(1, failed(1)), (2, failed(2))]));
        assert_eq!(first.reference, second.reference);
        assert_eq!((first.failure_count, second.failure_count), (1, 2));
        let anew = of(&[(1, failed(1)), (2, ActionEvent::Completed), (3, failed(1))]);
        assert_ne!(anew.reference, first.reference);
        let closed = TrackedTicket { id: crate::connectwise::TicketId::new(1), previous_end: None, noted_count: 1, over: true };
        let hours = SignedDuration::from_hours(48);
        assert!(!Wish::Open(second).needs_a_ticket(Some(&closed), at(5), hours));
        assert!(Wish::Open(anew.clone()).needs_a_ticket(Some(&closed), at(5), hours));
        assert!(!Wish::Open(anew).needs_a_ticket(None, at(49 * 3600), hours));
    }
}
