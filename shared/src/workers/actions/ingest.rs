//! What was heard of an organization's actions is taken in: whatever changes nothing costs no write.
//!
//! An action is its own item, on condition that nobody wrote it meanwhile; the organization's failing actions are one more,
//! written last. Whoever dies in between has only to tell it again. Whether a failure is one of many is settled when it is
//! first heard of, and stays: so no ticket is made for each of 500 mailboxes and then one for all.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

use crate::app::App;
use crate::domain::action::timeline::{Condition, History, Occurrence};
use crate::domain::action::{ActionKey, Mailbox};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::store::{ActionRecord, FailingAction, FailuresRecord};

/// Items that are read or written at once.
const AT_ONCE: usize = 16;

/// How often somebody else may be faster.
const TRIES: u32 = 6;

/// The longest error that is kept of each failing action, in characters.
const MAX_ERROR: usize = 200;

/// Something that was heard.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Of which action.
    pub key: ActionKey,
    /// Of whose mailbox.
    pub mailbox: Mailbox,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub occurrence: Occurrence,
}

/// Takes in what was heard of an organization's actions. How many actions changed.
///
/// # Errors
/// [`Code::InProgress`] if others were faster each time: tell it again.
pub async fn take_in(app: &App, organization: &ExternalId, heard: &[Heard]) -> Result<usize, ServiceError> {
    let mut by_action: BTreeMap<&ActionKey, Vec<&Heard>> = BTreeMap::new();
    for one in heard {
        by_action.entry(&one.key).or_default().push(one);
    }
    for _ in 0..TRIES {
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
    heard: &BTreeMap<&ActionKey, Vec<&Heard>>,
) -> Result<Option<usize>, ServiceError> {
    let now = app.clock.now();
    let before = app.store.failures(organization).await?;
    let mut failures = before.clone().unwrap_or_else(|| FailuresRecord::none(organization.clone(), now));
    let mut told_of = Vec::new();
    for (key, heard) in heard {
        told_of.push(told(app, key, heard, now));
    }
    let actions: Vec<(ActionRecord, bool)> = stream::iter(told_of).buffered(AT_ONCE).try_collect().await?;
    let failing = |record: &ActionRecord| record.history.is_failing();
    let many =
        actions.iter().filter(|(record, _)| failing(record) && !failures.failing.contains_key(&record.key.to_string()));
    let many = many.count() + failures.failing.len();
    let together = failures.together_since.is_some() || many >= app.ticket_policy.together_from;
    let mut changed = Vec::new();
    for (mut record, is_news) in actions {
        // Settled once for each stretch of failures.
        if is_news && failing(&record) && !failures.failing.contains_key(&record.key.to_string()) {
            record.together = together;
        }
        list(&mut failures, &record);
        if is_news {
            changed.push(ActionRecord { version: record.version + 1, updated_at: now, ..record });
        }
    }
    let count = changed.len();
    let mut writes = Vec::new();
    for record in &changed {
        writes.push(app.store.save_action(record));
    }
    let written: Vec<bool> = stream::iter(writes).buffered(AT_ONCE).try_collect().await?;
    if written.contains(&false) {
        return Ok(None);
    }
    let together = failures.together().count();
    failures.together_at_most = if together == 0 { 0 } else { failures.together_at_most.max(together) };
    failures.together_since = (together > 0).then(|| failures.together_since.unwrap_or(now));
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
async fn told(app: &App, key: &ActionKey, heard: &[&Heard], now: Timestamp) -> Result<(ActionRecord, bool), ServiceError> {
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
            history: History::default(),
            together: false,
            version: 0,
            updated_at: now,
        },
        (None, None) => return Err(ServiceError::internal("an action of which nothing was heard")),
    };
    let mut changed = false;
    for one in heard {
        changed |= record.history.hear(one.at, &one.occurrence);
    }
    Ok((record, changed))
}

/// As much of an error as the list of failing actions has.
pub fn kept(error: &str) -> String {
    error.chars().take(MAX_ERROR).collect()
}

/// Has the list of failing actions follow an action.
fn list(failures: &mut FailuresRecord, record: &ActionRecord) {
    let key = record.key.to_string();
    match record.history.condition() {
        Condition::Failing { first, last } => {
            let action = FailingAction {
                address: record.mailbox.address.clone(),
                since: first.at,
                attempt: last.attempt,
                error: kept(&last.error),
                together: record.together,
            };
            failures.failing.insert(key, action);
        }
        Condition::Healthy | Condition::GivenUp(_) => {
            failures.failing.remove(&key);
        }
    }
}
