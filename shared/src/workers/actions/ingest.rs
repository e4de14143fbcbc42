//! Ingestion of events: applies the reported events of an organization's actions to their items. An event that changes
//! nothing costs no write.
//!
//! Each action is an item, written on condition that its version has not changed, together with its entry in the list of
//! the organization's failing actions. What the failing actions have in common is written last. If the process dies in
//! between, the same events complete the work when they are sent again, and so does the next check. A failure is assigned
//! to a group ticket (or not) when it is first recorded, and the assignment stays: so 500 failing mailboxes do not make 500
//! tickets and then one for all.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

use crate::app::App;
use crate::domain::action::timeline::{ActionEvent, Timeline};
use crate::domain::action::{ActionKey, Mailbox};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::vendor_id::VendorId;
use crate::http_client::Deadline;
use crate::store::{ActionRecord, EntryChange};
use crate::workers::actions::grouping::{self, CONCURRENCY, MAX_CONFLICT_RETRIES};
use crate::workers::actions::{configurations, ownership};

/// Number of actions that are read before the first of them is written. No report has more.
const CHUNK: usize = 1000;

/// An event of an action, with the time and the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// The source of events.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// A report. It does not prove that the organization has the mailboxes.
    Report,
    /// A check, which read the mailboxes in the organization's own list. It ends at the deadline; what it recorded until
    /// then stays.
    Check(Deadline),
}

/// Applies the events of an organization's actions. Returns the number of actions whose timeline changed.
///
/// # Errors
/// [`ErrorCode::InProgress`] if other writers changed the same items in each attempt, or if a check ran out of time. The
/// events can be sent again. [`ErrorCode::StateConflict`] if an action of a report belongs to another organization; then
/// nothing is changed.
pub async fn ingest(
    app: &App,
    organization: &VendorId,
    events: &[ReportedEvent],
    source: Source,
) -> Result<usize, ServiceError> {
    let mut by_action: BTreeMap<&ActionKey, Vec<&ReportedEvent>> = BTreeMap::new();
    for event in events {
        by_action.entry(&event.key).or_default().push(event);
    }
    let by_action: Vec<_> = by_action.into_iter().collect();
    let mut progress = Progress::default();
    let outcome = ingest_all(app, organization, &by_action, source, &mut progress).await;
    if progress.concerns_group {
        let count = if progress.is_uncertain {
            grouping::Count::Unknown
        } else {
            grouping::Count::Changed(progress.grouped_change)
        };
        grouping::update(app, organization, count).await?;
    }
    outcome.map(|()| progress.changed)
}

/// Checks that no known action belongs to another organization than its owner here.
///
/// # Errors
/// [`ErrorCode::StateConflict`] names the first such action.
pub async fn check_owners(app: &App, owners: &BTreeMap<ActionKey, VendorId>) -> Result<(), ServiceError> {
    let mut checks = Vec::new();
    for (key, organization) in owners {
        checks.push(async move {
            let known = app.store.action(key).await?;
            match known.filter(|known| !ownership::is_owned_by(known, organization)) {
                Some(other) => Err(ownership::conflict(&other)),
                None => Ok(()),
            }
        });
    }
    stream::iter(checks).buffered(CONCURRENCY).try_collect().await
}

/// Progress of the writes.
#[derive(Debug, Default)]
struct Progress {
    /// Number of actions.
    changed: usize,
    /// Change of the number of grouped failures.
    grouped_change: isize,
    /// `true` if a write was not confirmed. It may have been made, and is not counted.
    is_uncertain: bool,
    /// `true` if the record of the organization may have to change.
    concerns_group: bool,
}

async fn ingest_all(
    app: &App,
    organization: &VendorId,
    events: &[(&ActionKey, Vec<&ReportedEvent>)],
    source: Source,
    progress: &mut Progress,
) -> Result<(), ServiceError> {
    for chunk in events.chunks(CHUNK) {
        if let Source::Check(deadline) = source
            && deadline.remaining_for_calls().is_zero()
        {
            return Err(ServiceError::new(ErrorCode::InProgress, "The time was up. The next check continues."));
        }
        let mut retries = 0..MAX_CONFLICT_RETRIES;
        while !attempt(app, organization, chunk, source, progress).await? {
            if retries.next().is_none() {
                return Err(grouping::conflict());
            }
        }
    }
    Ok(())
}

/// An action after its events.
struct Applied {
    record: ActionRecord,
    changed: bool,
    was_failing: bool,
    was_completed: bool,
}

/// Makes one attempt. Returns `false` if another writer changed an action meanwhile.
async fn attempt(
    app: &App,
    organization: &VendorId,
    events: &[(&ActionKey, Vec<&ReportedEvent>)],
    source: Source,
    progress: &mut Progress,
) -> Result<bool, ServiceError> {
    let now = app.clock.now();
    let before = grouping::load(app, organization).await?;
    let loads = events.iter().map(|(key, events)| load_and_apply(app, organization, key, events, source).boxed());
    let loads: Vec<_> = loads.collect();
    let actions: Vec<Option<Applied>> = stream::iter(loads).buffered(CONCURRENCY).try_collect().await?;
    let actions: Vec<Applied> = actions.into_iter().flatten().collect();
    let new_failures =
        actions.iter().filter(|action| action.record.timeline.is_failing() && !action.was_failing).count();
    let has_group = before.is_some_and(|before| before.grouped_since.is_some());
    let grouped = new_failures > 0
        && (has_group
            || new_failures + grouping::count_failing(app, organization).await? >= app.ticket_policy.group_threshold);
    // The record may have to be completed even if the events are known.
    progress.concerns_group |= has_group
        || grouped
        || actions.iter().any(|action| action.record.grouped && action.record.timeline.is_failing());
    if matches!(source, Source::Report) {
        // First: the same events would not request it again.
        let completed = actions.iter().filter(|action| action.record.timeline.is_completed() && !action.was_completed);
        configurations::request(app, organization, completed.map(|action| action.record.key.clone()).collect()).await?;
    }
    let mut writes = Vec::new();
    for Applied { mut record, was_failing, .. } in actions.into_iter().filter(|action| action.changed) {
        let is_failing = record.timeline.is_failing();
        // Assigned once for each run of failures.
        if is_failing && !was_failing {
            record.grouped = grouped;
        }
        let change = match (is_failing, was_failing, source) {
            (true, ..) => EntryChange::Put,
            // A check reports the end of what it found in the list.
            (false, true, _) | (false, false, Source::Check(_)) => EntryChange::Delete,
            (false, false, Source::Report) => EntryChange::None,
        };
        let grouped_change = if record.grouped { isize::from(is_failing) - isize::from(was_failing) } else { 0 };
        let record = ActionRecord { version: record.version + 1, updated_at: now, ..record };
        writes.push(
            async move { Ok::<_, ServiceError>((app.store.save_action(&record, change).await?, grouped_change)) }
                .boxed(),
        );
    }
    let written: Result<Vec<(bool, isize)>, _> = stream::iter(writes).buffered(CONCURRENCY).try_collect().await;
    progress.is_uncertain |= !written.as_ref().is_ok_and(|written| written.iter().all(|(written, _)| *written));
    let written = written?;
    for (_, grouped_change) in written.iter().filter(|(written, _)| *written) {
        progress.changed += 1;
        progress.grouped_change += grouped_change;
    }
    Ok(written.iter().all(|(written, _)| *written))
}

/// Returns the action after the events; `None` if a check has to wait until it has left another organization. A terminal
/// event is kept even of an unknown action, because an earlier failure may arrive late.
async fn load_and_apply(
    app: &App,
    organization: &VendorId,
    key: &ActionKey,
    events: &[&ReportedEvent],
    source: Source,
) -> Result<Option<Applied>, ServiceError> {
    let Some((mailbox, at)) = events.last().map(|event| (event.mailbox.clone(), event.at)) else {
        return Err(ServiceError::internal("no event for an action"));
    };
    let mut record = match app.store.action(key).await? {
        Some(known) if ownership::is_owned_by(&known, organization) => known,
        Some(other) => match source {
            Source::Report => return Err(ownership::conflict(&other)),
            Source::Check(_) => match ownership::take_over(app, other, &mailbox, at).await? {
                Some(record) => record,
                None => return Ok(None),
            },
        },
        None => ActionRecord {
            key: key.clone(),
            mailbox,
            timeline: Timeline::default(),
            grouped: false,
            claimed_by: None,
            version: 0,
            updated_at: app.clock.now(),
        },
    };
    let (was_failing, was_completed) = (record.timeline.is_failing(), record.timeline.is_completed());
    let mut changed = false;
    for event in events {
        changed |= record.timeline.apply(event.at, &event.event);
    }
    Ok(Some(Applied { record, changed, was_failing, was_completed }))
}
