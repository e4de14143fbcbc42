//! What was heard of an organization's actions is taken in: whatever changes nothing costs no write.
//!
//! An action is its own item, on condition that nobody wrote it meanwhile; the organization's failing actions are one more,
//! written last. Whoever dies in between has only to tell it again. Whether a failure is one of many is settled when it is
//! first heard of, and stays: so no ticket is made for each of 500 mailboxes and then one for all.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

use crate::app::App;
use crate::domain::action::timeline::{Health, Timeline, ActionEvent};
use crate::domain::action::{ActionKey, Mailbox};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::store::{ActionRecord, FailingAction, FailuresRecord};

/// Items that are read or written at once.
const CONCURRENCY: usize = 16;

/// How often somebody else may be faster.
const MAX_CONFLICT_RETRIES: u32 = 6;

/// The longest error that is kept of each failing action, in characters.
const MAX_ERROR: usize = 200;

/// Something that was heard.
#[derive(Clone, Debug)]
pub struct ReportedEvent {
    /// Of which action.
    pub key: ActionKey,
    /// Of whose mailbox.
    pub mailbox: Mailbox,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: ActionEvent,
}

/// Takes in what was heard of an organization's actions. How many actions changed.
///
/// # Errors
/// [`Code::InProgress`] if others were faster each time: tell it again.
pub async fn ingest(app: &App, organization: &ExternalId, heard: &[ReportedEvent]) -> Result<usize, ServiceError> {
    let mut by_action: BTreeMap<&ActionKey, Vec<&ReportedEvent>> = BTreeMap::new();
    for one in heard {
        by_action.entry(&one.key).or_default().push(one);
    }
    for _ in 0..MAX_CONFLICT_RETRIES {
        if let Some(changed) = attempt(app, organization, &by_action).await? {
            return Ok(changed);
        }
    }
    Err(ServiceError::new(ErrorCode::InProgress, "Others report on the same organization. Report it again in a moment."))
}

/// None if somebody else wrote meanwhile.
async fn attempt(
    app: &App,
    organization: &ExternalId,
    heard: &BTreeMap<&ActionKey, Vec<&ReportedEvent>>,
) -> Result<Option<usize>, ServiceError> {
    let now = app.clock.now();
    let before = app.store.failures(organization).await?;
    let mut failures = before.clone().unwrap_or_else(|| FailuresRecord::none(organization.clone(), now));
    let mut told_of = Vec::new();
    for (key, heard) in heard {
        told_of.push(load_and_apply(app, key, heard, now));
    }
    let actions: Vec<(ActionRecord, bool)> = stream::iter(told_of).buffered(CONCURRENCY).try_collect().await?;
    let failing = |record: &ActionRecord| record.timeline.is_failing();
    let many =
        actions.iter().filter(|(record, _)| failing(record) && !failures.failing.contains_key(&record.key.to_string()));
    let many = many.count() + failures.failing.len();
    let together = failures.grouped_since.is_some() || many >= app.ticket_policy.group_threshold;
    let mut changed = Vec::new();
    for (mut record, is_news) in actions {
        // Settled once for each stretch of failures.
        if is_news && failing(&record) && !failures.failing.contains_key(&record.key.to_string()) {
            record.grouped = together;
        }
        update_failing_index(&mut failures, &record);
        if is_news {
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
    let together = failures.grouped().count();
    failures.grouped_peak = if together == 0 { 0 } else { failures.grouped_peak.max(together) };
    failures.grouped_since = (together > 0).then(|| failures.grouped_since.unwrap_or(now));
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

/// The action with what was heard of it, and whether that is news. An end is kept even of an action that was never heard of: a
/// failure before it may come late.
async fn load_and_apply(app: &App, key: &ActionKey, heard: &[&ReportedEvent], now: Timestamp) -> Result<(ActionRecord, bool), ServiceError> {
    let known = app.store.action(key).await?;
    let other =
        known.as_ref().filter(|known| heard.iter().any(|one| one.mailbox.organization != known.mailbox.organization));
    if let Some(other) = other {
        let whose = &other.mailbox.organization;
        return Err(ServiceError::new(ErrorCode::StateConflict, format!("The action {key} is of organization {whose}.")));
    }
    let mailbox = heard.last().map(|one| one.mailbox.clone());
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
        (None, None) => return Err(ServiceError::internal("an action of which nothing was heard")),
    };
    let mut changed = false;
    for one in heard {
        changed |= record.timeline.apply(one.at, &one.event);
    }
    Ok((record, changed))
}

/// As much of an error as the list of failing actions has.
pub fn truncate_error(error: &str) -> String {
    error.chars().take(MAX_ERROR).collect()
}

/// Has the list of failing actions follow an action.
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
