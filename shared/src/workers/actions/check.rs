//! A look at an organization's mailboxes: what changed since the last one is what happened.
//!
//! What is known is one item, so an organization whose mailboxes are as they were costs one read of it and no write,
//! however many they are.

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
use crate::http_client::OutboundCallLog;
use crate::http_client::Deadline;
use crate::store::FailuresRecord;
use crate::vendor::{MailboxBackup, BackupStatus, VendorContext};
use crate::workers::actions::ingest::{ReportedEvent, truncate_error, ingest};
use crate::workers::stream::BatchResponse;

/// Messages, as Lambda hands them over.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// The messages.
    #[serde(rename = "Records")]
    pub records: Vec<Message>,
}

/// A message.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    message_id: String,
    body: String,
}

/// Looks at the organizations that the messages name, within `budget`; says which are to come again. One after the other:
/// how many are looked at at once is the queue's to say.
pub async fn consume(app: &App, event: &Event, budget: Duration) -> BatchResponse {
    let deadline = Deadline::after(budget);
    let mut unfinished = Vec::new();
    for Message { message_id, body } in &event.records {
        let Ok(to_check) = serde_json::from_str::<CheckRequest>(body) else {
            tracing::error!(message_id, "a message is none of the monitor's");
            unfinished.push(message_id.clone());
            continue;
        };
        if deadline.remaining_for_calls().is_zero() {
            unfinished.push(message_id.clone());
            continue;
        }
        let organization = &to_check.organization;
        match check_organization(app, &to_check, deadline).await {
            Ok(changed) if changed > 0 => tracing::info!(%organization, changed, "actions changed"),
            Ok(_) => {}
            // Nothing gets better by asking again: the MSP has to sign in with tokens that are good.
            Err(failure) if failure.code() == ErrorCode::CredentialsRefused => {
                tracing::warn!(%organization, msp = %to_check.msp, "the vendor refuses the MSP's tokens");
                metrics::counter!("ChecksUnauthorized").increment(1);
            }
            Err(failure) => {
                tracing::error!(%organization, error = failure.log_message(), "an organization was not looked at");
                unfinished.push(message_id.clone());
            }
        }
    }
    BatchResponse::with_failures(unfinished)
}

/// Looks at one organization. How many of its actions changed.
pub async fn check_organization(app: &App, to_check: &CheckRequest, deadline: Deadline) -> Result<usize, ServiceError> {
    let CheckRequest { msp, organization } = to_check;
    let Some(member) = app.store.enrolled_msp(*msp).await? else { return Ok(0) };
    let settings = app.partners.recall(&app.store, msp.as_application_id(), &member.credentials_id).await?;
    let log = OutboundCallLog::default();
    let session = VendorContext { settings: &settings, deadline, log: &log };
    let mailboxes = app.vendor.mailboxes(&session, organization).await?.unwrap_or_default();
    let known = app.store.failures(organization).await?;
    let happened = diff_mailboxes(app.vendor.region(), organization, known.as_ref(), &mailboxes, app.clock.now());
    if happened.is_empty() { Ok(0) } else { ingest(app, organization, &happened).await }
}

/// What happened since what is known, by how the mailboxes are now: pure.
fn diff_mailboxes(
    region: &str,
    organization: &ExternalId,
    known: Option<&FailuresRecord>,
    mailboxes: &[MailboxBackup],
    now: Timestamp,
) -> Vec<ReportedEvent> {
    let heard = |key: ActionKey, address: &str, occurrence: ActionEvent| ReportedEvent {
        key,
        mailbox: Mailbox { organization: organization.clone(), address: address.to_owned() },
        at: now,
        event: occurrence,
    };
    let mut all = Vec::new();
    for mailbox in mailboxes {
        let Some(key) = ActionKey::new(region, Kind::Backup, &mailbox.id) else { continue };
        let before = known.and_then(|known| known.failing.get(&key.to_string()));
        let occurrence = match (&mailbox.backup, before) {
            (BackupStatus::Failing(error), None) => ActionEvent::Failed { attempt: 1, error: error.clone() },
            (BackupStatus::Failing(error), Some(before)) if before.error != truncate_error(error) => {
                ActionEvent::Failed { attempt: before.attempt.saturating_add(1), error: error.clone() }
            }
            (BackupStatus::Healthy, Some(_)) => ActionEvent::Completed,
            (BackupStatus::Disabled, Some(_)) => {
                ActionEvent::Exhausted { reason: "the mailbox is not backed up any more".to_owned() }
            }
            (BackupStatus::Failing(_) | BackupStatus::Unknown, Some(_)) | (BackupStatus::Healthy | BackupStatus::Disabled | BackupStatus::Unknown, None) => {
                continue;
            }
        };
        all.push(heard(key, &mailbox.address, occurrence));
    }
    let there: HashSet<String> = mailboxes.iter().map(|mailbox| mailbox.address.to_lowercase()).collect();
    for (key, before) in known.iter().flat_map(|known| &known.failing) {
        let Ok(key) = key.parse::<ActionKey>() else { continue };
        if key.kind == Kind::Backup && !there.contains(&before.address.to_lowercase()) {
            let reason = "the mailbox is not there any more".to_owned();
            all.push(heard(key, &before.address, ActionEvent::Exhausted { reason }));
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
    fn only_what_changed_happened() {
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
        let happened = diff_mailboxes("euwest", &organization, Some(&known), &mailboxes, now);
        let told: Vec<_> = happened.iter().map(|heard| (heard.key.id.as_str(), &heard.event)).collect();
        assert!(
            matches!(
                told.as_slice(),
                [
                    ("2", ActionEvent::Failed { attempt: 2, .. }),
                    ("3", ActionEvent::Completed),
                    ("4", ActionEvent::Exhausted { .. }),
                    ("8", ActionEvent::Failed { attempt: 1, .. }),
                    ("6", ActionEvent::Exhausted { .. }),
                ]
            ),
            "{told:?}"
        );
    }
}
