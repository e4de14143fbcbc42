//! Actions that a report assigned to the wrong organization.
//!
//! A report names organization and action, and proves neither. A check reads the mailboxes with the organization's own
//! token, which proves that it has them. So a wrong report cannot keep a mailbox from being monitored: the check ends the
//! action in the other organization and moves it once no ticket is open there. From then on, reports that name the other
//! organization are refused.

use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::domain::action::timeline::{ActionEvent, TerminalEvent, Timeline};
use crate::domain::action::{ActionKey, Mailbox};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::vendor_id::VendorId;
use crate::store::{ActionRecord, EntryChange, TicketSubject};
use crate::workers::actions::grouping;

/// Returns `true` if the action is the organization's and no other one has proved that it has the mailbox.
pub fn is_owned_by(record: &ActionRecord, organization: &VendorId) -> bool {
    record.mailbox.organization == *organization && record.claimed_by.is_none()
}

/// Returns the error of a report that names another organization than the action's.
pub fn conflict(record: &ActionRecord) -> ServiceError {
    foreign_action(&record.key, record.claimed_by.as_ref().unwrap_or(&record.mailbox.organization))
}

/// Returns the error for an event of an action that belongs to the organization `owner`.
pub fn foreign_action(key: &ActionKey, owner: &VendorId) -> ServiceError {
    ServiceError::new(
        ErrorCode::StateConflict,
        format!("The action {key} belongs to the organization {}. Correct the organization in the report.", owner.id),
    )
}

/// Moves an action to the organization of `mailbox`, and ends its failures in the other one, before `at`. Returns `None`
/// if the action still has a ticket there; then a later check moves it.
pub async fn take_over(
    app: &App,
    mut record: ActionRecord,
    mailbox: &Mailbox,
    at: Timestamp,
) -> Result<Option<ActionRecord>, ServiceError> {
    let other = record.mailbox.organization.clone();
    if other == mailbox.organization {
        // The organization that has the mailbox is about to take it.
        return Ok(None);
    }
    let was_failing = record.timeline.is_failing();
    if was_failing || record.claimed_by.as_ref() != Some(&mailbox.organization) {
        let now = app.clock.now();
        tracing::warn!(
            action = %record.key, organization = %mailbox.organization, %other,
            "an action was reported for the wrong organization"
        );
        let reason = "the mailbox belongs to another organization".to_owned();
        if was_failing {
            record.timeline.apply(now, &ActionEvent::Exhausted { reason });
        }
        record.claimed_by = Some(mailbox.organization.clone());
        record.version += 1;
        record.updated_at = now;
        let change = if was_failing { EntryChange::Delete } else { EntryChange::None };
        if !app.store.save_action(&record, change).await? {
            // Another writer was first. The next check finds what it wrote.
            return Ok(None);
        }
        if was_failing && record.grouped {
            grouping::update(app, &other, grouping::Count::Changed(-1)).await?;
        }
    }
    let ticket = app.store.ticket(&TicketSubject::Action(record.key.clone())).await?;
    let is_open = ticket.is_some_and(|ticket| {
        let is_tracked = ticket.ticket.is_some_and(|tracked| !tracked.closed);
        is_tracked || ticket.pending_create.is_some() || ticket.sync.lease_owner.is_some()
    });
    if is_open {
        return Ok(None);
    }
    let before = at.checked_sub(SignedDuration::from_millis(1)).unwrap_or(at);
    let end = record.timeline.end.take().map(|end| TerminalEvent { at: end.at.min(before), ..end });
    let timeline = Timeline { end, ..Timeline::default() };
    Ok(Some(ActionRecord { mailbox: mailbox.clone(), claimed_by: None, timeline, ..record }))
}
