//! Ingestion of events: applies the reported events of an organization's actions to their items. An event that changes
//! nothing costs no write.
//!
//! Each action is an item, written on condition that its version has not changed. The index of the organization's failing
//! actions is another item, written last. If the process dies in between, the same events complete the work when they are
//! sent again. A failure is assigned to a group ticket (or not) when it is first recorded, and the assignment stays: so 500
//! failing mailboxes do not make 500 tickets and then one for all.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

use crate::app::App;
use crate::domain::action::timeline::{ActionEvent, Health, Timeline};
use crate::domain::action::{ActionKey, Mailbox};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::store::{ActionRecord, FailingAction, FailuresRecord};

/// Maximum number of items that are read or written concurrently.
const CONCURRENCY: usize = 16;

/// Maximum number of attempts if other writers change the same items.
const MAX_CONFLICT_RETRIES: u32 = 6;

/// Maximum length of an error in the index of failing actions, in characters.
const MAX_ERROR: usize = 200;

/// An event of an action, with the time and the mailbox.
#[derive(Clone, Debug)]
pub struct ReportedEvent {
    /// The action.
    pub key: ActionKey,
    /// The action's mailbox.
    pub mailbox: Mailbox,
    /// Time of the event.
    pub at: Timestamp,
    /// The event.
    pub event: ActionEvent,
}

/// Applies the events of an organization's actions. Returns the number of actions whose timeline changed.
///
/// # Errors
/// [`ErrorCode::InProgress`] if other writers changed the same items in each attempt. The events can be sent again.
/// [`ErrorCode::StateConflict`] if an action belongs to another organization.
pub async fn ingest(app: &App, organization: &ExternalId, events: &[ReportedEvent]) -> Result<usize, ServiceError> {
    let mut by_action: BTreeMap<&ActionKey, Vec<&ReportedEvent>> = BTreeMap::new();
    for event in events {
        by_action.entry(&event.key).or_default().push(event);
    }
    for _ in 0..MAX_CONFLICT_RETRIES {
        if let Some(changed) = attempt(app, organization, &by_action).await? {
            return Ok(changed);
        }
    }
    Err(ServiceError::new(
        ErrorCode::InProgress,
        "Other reports on the same organization are being processed. Sign this one again and send it in a few seconds; events that were accepted already change nothing.",
    ))
}

/// Checks that no known action belongs to another organization than its owner here.
///
/// # Errors
/// [`ErrorCode::StateConflict`] names the first such action.
pub async fn check_owners(app: &App, owners: &BTreeMap<ActionKey, ExternalId>) -> Result<(), ServiceError> {
    let mut checks = Vec::new();
    for (key, organization) in owners {
        checks.push(async move {
            let known = app.store.action(key).await?;
            match known.filter(|known| known.mailbox.organization != *organization) {
                Some(other) => Err(foreign_action_error(key, &other.mailbox.organization)),
                None => Ok(()),
            }
        });
    }
    stream::iter(checks).buffered(CONCURRENCY).try_collect().await
}

/// Returns the error for an event of an action that belongs to the organization `owner`.
pub fn foreign_action_error(key: &ActionKey, owner: &ExternalId) -> ServiceError {
    ServiceError::new(
        ErrorCode::StateConflict,
        format!("The action {key} belongs to the organization {owner}. Correct the organization in the report."),
    )
}

/// Makes one attempt. Returns `None` if another writer changed an item meanwhile.
async fn attempt(
    app: &App,
    organization: &ExternalId,
    events: &BTreeMap<&ActionKey, Vec<&ReportedEvent>>,
) -> Result<Option<usize>, ServiceError> {
    let now = app.clock.now();
    let before = app.store.failures(organization).await?;
    let mut failures = before.clone().unwrap_or_else(|| FailuresRecord::none(organization.clone(), now));
    let mut loads = Vec::new();
    for (key, events) in events {
        loads.push(load_and_apply(app, key, events, now));
    }
    let actions: Vec<(ActionRecord, bool)> = stream::iter(loads).buffered(CONCURRENCY).try_collect().await?;
    let failing = |record: &ActionRecord| record.timeline.is_failing();
    let failing_count =
        actions.iter().filter(|(record, _)| failing(record) && !failures.failing.contains_key(&record.key.to_string()));
    let failing_count = failing_count.count() + failures.failing.len();
    let grouped = failures.grouped_since.is_some() || failing_count >= app.ticket_policy.group_threshold;
    let mut changed = Vec::new();
    for (mut record, is_changed) in actions {
        // Assigned once for each run of failures.
        if is_changed && failing(&record) && !failures.failing.contains_key(&record.key.to_string()) {
            record.grouped = grouped;
        }
        update_failing_index(&mut failures, &record);
        if is_changed {
            changed.push(ActionRecord { version: record.version + 1, updated_at: now, ..record });
        }
    }
    let count = changed.len();
    let mut writes = Vec::new();
    for record in &changed {
        writes.push(app.store.save_action(record));
    }
    let written: Vec<bool> = stream::iter(writes).buffered(CONCURRENCY).try_collect().await?;
    if written.contains(&false) {
        return Ok(None);
    }
    let grouped = failures.grouped().count();
    failures.grouped_peak = if grouped == 0 { 0 } else { failures.grouped_peak.max(grouped) };
    failures.grouped_since = (grouped > 0).then(|| failures.grouped_since.unwrap_or(now));
    let unchanged = match &before {
        Some(before) => *before == failures,
        None => failures.failing.is_empty(),
    };
    if unchanged {
        return Ok(Some(count));
    }
    let failures = FailuresRecord { version: failures.version + 1, updated_at: now, ..failures };
    Ok(app.store.save_failures(&failures).await?.then_some(count))
}

/// Returns the action after the events, and `true` if they changed it. A terminal event is kept even of an unknown action,
/// because an earlier failure may arrive late.
async fn load_and_apply(
    app: &App,
    key: &ActionKey,
    events: &[&ReportedEvent],
    now: Timestamp,
) -> Result<(ActionRecord, bool), ServiceError> {
    let known = app.store.action(key).await?;
    let other = known
        .as_ref()
        .filter(|known| events.iter().any(|event| event.mailbox.organization != known.mailbox.organization));
    if let Some(other) = other {
        return Err(foreign_action_error(key, &other.mailbox.organization));
    }
    let mailbox = events.last().map(|event| event.mailbox.clone());
    let mut record = match (known, mailbox) {
        (Some(known), _) => known,
        (None, Some(mailbox)) => ActionRecord {
            key: key.clone(),
            mailbox,
            timeline: Timeline::default(),
            grouped: false,
            version: 0,
            updated_at: now,
        },
        (None, None) => return Err(ServiceError::internal("no event for an action")),
    };
    let mut changed = false;
    for event in events {
        changed |= record.timeline.apply(event.at, &event.event);
    }
    Ok((record, changed))
}

/// Truncates an error to the length that the index of failing actions stores.
pub fn truncate_error(error: &str) -> String {
    error.chars().take(MAX_ERROR).collect()
}

/// Adds the action to the index of failing actions, or removes it, by its health.
fn update_failing_index(failures: &mut FailuresRecord, record: &ActionRecord) {
    let key = record.key.to_string();
    match record.timeline.health() {
        Health::Failing { first, last } => {
            let action = FailingAction {
                address: record.mailbox.address.clone(),
                since: first.at,
                attempt: last.attempt,
                error: truncate_error(&last.error),
                grouped: record.grouped,
            };
            failures.failing.insert(key, action);
        }
        Health::Healthy | Health::Abandoned(_) => {
            failures.failing.remove(&key);
        }
    }
}
