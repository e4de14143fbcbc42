//! The check of an organization: compares its mailboxes with the recorded failures and derives events from the difference.
//!
//! The recorded failures are one item, so an organization without changes costs one read of it and no write, however many
//! mailboxes it has.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use crate::app::App;
use crate::app::check_queue::CheckRequest;
use crate::domain::action::timeline::ActionEvent;
use crate::domain::action::{ActionKey, Kind, Mailbox};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::http_client::Deadline;
use crate::http_client::OutboundCallLog;
use crate::store::FailuresRecord;
use crate::vendor::{BackupStatus, MailboxBackup, VendorContext};
use crate::workers::actions::ingest::{ReportedEvent, ingest, truncate_error};
use crate::workers::stream::BatchResponse;

/// A batch of queue messages, as Lambda passes it.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// The messages.
    #[serde(rename = "Records")]
    pub records: Vec<Message>,
}

/// A queue message.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    message_id: String,
    body: String,
}

/// Checks the organizations of the messages, one after the other, within `budget`. Returns the messages to retry. The
/// queue's trigger limits how many batches run concurrently.
pub async fn consume(app: &App, event: &Event, budget: Duration) -> BatchResponse {
    let deadline = Deadline::after(budget);
    let mut failed = Vec::new();
    for Message { message_id, body } in &event.records {
        let Ok(request) = serde_json::from_str::<CheckRequest>(body) else {
            tracing::error!(message_id, "unrecognized queue message");
            failed.push(message_id.clone());
            continue;
        };
        if deadline.remaining_for_calls().is_zero() {
            failed.push(message_id.clone());
            continue;
        }
        let organization = &request.organization;
        match check_organization(app, &request, deadline).await {
            Ok(changed) if changed > 0 => tracing::info!(%organization, changed, "actions changed"),
            Ok(_) => {}
            // A retry does not help: the MSP must sign in with valid tokens.
            Err(failure) if failure.code() == ErrorCode::CredentialsRefused => {
                tracing::warn!(%organization, msp = %request.msp, "the vendor refuses the MSP's tokens");
                metrics::counter!("ChecksUnauthorized").increment(1);
            }
            Err(failure) => {
                tracing::error!(%organization, error = failure.log_message(), "failed to check organization");
                failed.push(message_id.clone());
            }
        }
    }
    BatchResponse::with_failures(failed)
}

/// Checks one organization. Returns the number of actions whose state changed.
pub async fn check_organization(app: &App, request: &CheckRequest, deadline: Deadline) -> Result<usize, ServiceError> {
    let CheckRequest { msp, organization } = request;
    let Some(enrolled) = app.store.enrolled_msp(*msp).await? else { return Ok(0) };
    let settings = app.partner_credentials.load(&app.store, msp.as_application_id(), &enrolled.credentials_id).await?;
    let outbound_calls = OutboundCallLog::default();
    let session = VendorContext { settings: &settings, deadline, outbound_calls: &outbound_calls };
    let mailboxes = app.vendor.mailboxes(&session, organization).await?.unwrap_or_default();
    let known = app.store.failures(organization).await?;
    let events = diff_mailboxes(app.vendor.region(), organization, known.as_ref(), &mailboxes, app.clock.now());
    if events.is_empty() { Ok(0) } else { ingest(app, organization, &events).await }
}

/// Returns the events that follow from the difference between the recorded failures and the mailboxes. Pure.
fn diff_mailboxes(
    region: &str,
    organization: &ExternalId,
    known: Option<&FailuresRecord>,
    mailboxes: &[MailboxBackup],
    now: Timestamp,
) -> Vec<ReportedEvent> {
    let event_of = |key: ActionKey, address: &str, event: ActionEvent| ReportedEvent {
        key,
        mailbox: Mailbox { organization: organization.clone(), address: address.to_owned() },
        at: now,
        event,
    };
    let mut all = Vec::new();
    for mailbox in mailboxes {
        let Some(key) = ActionKey::new(region, Kind::Backup, &mailbox.id) else { continue };
        let before = known.and_then(|known| known.failing.get(&key.to_string()));
        let event = match (&mailbox.backup, before) {
            (BackupStatus::Failing(error), None) => ActionEvent::Failed { attempt: 1, error: error.clone() },
            (BackupStatus::Failing(error), Some(before)) if before.error != truncate_error(error) => {
                ActionEvent::Failed { attempt: before.attempt.saturating_add(1), error: error.clone() }
            }
            (BackupStatus::Healthy, Some(_)) => ActionEvent::Completed,
            (BackupStatus::Disabled, Some(_)) => {
                ActionEvent::Exhausted { reason: "the mailbox is no longer backed up".to_owned() }
            }
            (BackupStatus::Failing(_) | BackupStatus::Unknown, Some(_))
            | (BackupStatus::Healthy | BackupStatus::Disabled | BackupStatus::Unknown, None) => {
                continue;
            }
        };
        all.push(event_of(key, &mailbox.address, event));
    }
    let addresses: HashSet<String> = mailboxes.iter().map(|mailbox| mailbox.address.to_lowercase()).collect();
    for (key, before) in known.iter().flat_map(|known| &known.failing) {
        let Ok(key) = key.parse::<ActionKey>() else { continue };
        if key.kind == Kind::Backup && !addresses.contains(&before.address.to_lowercase()) {
            let reason = "the mailbox no longer exists".to_owned();
            all.push(event_of(key, &before.address, ActionEvent::Exhausted { reason }));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::FailingAction;

    fn mailbox(id: &str, backup: BackupStatus) -> MailboxBackup {
        MailboxBackup { id: id.to_owned(), address: format!("{id}@acme.example"), backup }
    }

    fn failing(error: &str) -> BackupStatus {
        BackupStatus::Failing(error.to_owned())
    }

    #[test]
    fn only_changes_become_events() {
        let organization = ExternalId::parse("440032-6").unwrap();
        let now = Timestamp::from_second(1_900_000_000).unwrap();
        let mut known = FailuresRecord::none(organization.clone(), now);
        for id in ["1", "2", "3", "4", "5", "6"] {
            let action = FailingAction {
                address: format!("{id}@acme.example"),
                since: now,
                attempt: 1,
                error: "Connection Error".to_owned(),
                grouped: false,
            };
            known.failing.insert(format!("euwest.backup.{id}"), action);
        }
        let mailboxes = [
            mailbox("1", failing("Connection Error")),
            mailbox("2", failing("Authentication Error")),
            mailbox("3", BackupStatus::Healthy),
            mailbox("4", BackupStatus::Disabled),
            mailbox("5", BackupStatus::Unknown),
            mailbox("7", BackupStatus::Healthy),
            mailbox("8", failing("Space Full")),
        ];
        let events = diff_mailboxes("euwest", &organization, Some(&known), &mailboxes, now);
        let found: Vec<_> = events.iter().map(|event| (event.key.id.as_str(), &event.event)).collect();
        assert!(
            matches!(
                found.as_slice(),
                [
                    ("2", ActionEvent::Failed { attempt: 2, .. }),
                    ("3", ActionEvent::Completed),
                    ("4", ActionEvent::Exhausted { .. }),
                    ("8", ActionEvent::Failed { attempt: 1, .. }),
                    ("6", ActionEvent::Exhausted { .. }),
                ]
            ),
            "{found:?}"
        );
    }
}
