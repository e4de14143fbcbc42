//! The check of an organization: compares its mailboxes with the recorded failures and derives events from the difference.
//!
//! One query reads the recorded failures, so an organization without changes costs no write, however many mailboxes it has.
//!
//! A check that fails is not repeated: the next round makes another one. So a message never stays in the queue because of
//! its organization.

use std::time::Duration;

use crate::app::App;
use crate::app::check_queue::CheckRequest;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::vendor_id::VendorId;
use crate::http_client::Deadline;
use crate::http_client::OutboundCallLog;
use crate::store::{EnrolledMsp, FailureClass, KnownFailures, Refusal};
use crate::vendor::VendorContext;
use crate::workers::actions::diff::{CONFIRMATION, Changes, Context};
use crate::workers::actions::ingest::{Source, ingest};
use crate::workers::actions::{configurations, grouping};
use crate::workers::queue::{Event, Message};
use crate::workers::stream::BatchResponse;

/// Part of the time in which the vendor is read. The rest is for recording what was found.
const READING: f64 = 0.8;

/// Checks the organizations of the messages, one after the other, within `budget`. Returns the messages to retry: those
/// that cannot be read, and those for which there was no time. The queue's trigger limits how many batches run
/// concurrently.
pub async fn consume(app: &App, event: &Event, budget: Duration) -> BatchResponse {
    let deadline = Deadline::after(budget);
    let mut unprocessed = Vec::new();
    for Message { message_id, body } in &event.records {
        let Ok(request) = serde_json::from_str::<CheckRequest>(body) else {
            tracing::error!(message_id, "unrecognized queue message");
            unprocessed.push(message_id.clone());
            continue;
        };
        if deadline.remaining_for_calls().is_zero() {
            unprocessed.push(message_id.clone());
            continue;
        }
        let (organization, msp, outbound_calls) = (&request.organization, request.msp, OutboundCallLog::default());
        let outcome = check_organization(app, &request, deadline, &outbound_calls).await;
        let vendor_calls = outbound_calls.to_json();
        match outcome {
            Ok(changed) => tracing::info!(%organization, %msp, changed, vendor_calls, "organization checked"),
            // The MSP must sign in with valid tokens; the portal says so once a later check confirms it.
            Err(failure) if failure.code() == ErrorCode::CredentialsRefused => {
                tracing::warn!(%organization, %msp, vendor_calls, "the vendor refuses the MSP's tokens");
                metrics::counter!("ChecksUnauthorized").increment(1);
            }
            Err(failure) => {
                let error = failure.log_message();
                tracing::error!(%organization, %msp, error, vendor_calls, "failed to check organization");
                metrics::counter!("ChecksFailed").increment(1);
            }
        }
    }
    BatchResponse::with_failures(unprocessed)
}

/// Checks one organization, with its calls in `outbound_calls`. Returns the number of actions whose state changed.
///
/// # Errors
/// The vendor could not be read to the end; the failures that it showed until then are recorded. The table did not answer.
pub async fn check_organization(
    app: &App,
    request: &CheckRequest,
    deadline: Deadline,
    outbound_calls: &OutboundCallLog,
) -> Result<usize, ServiceError> {
    let CheckRequest { msp, organization, .. } = request;
    let Some(enrolled) = app.store.enrolled_msp(*msp).await? else { return Ok(0) };
    let settings = app.partner_credentials.load(&app.store, msp.as_application_id(), &enrolled.credentials_id).await?;
    let reading = Deadline::after(deadline.remaining().mul_f64(READING));
    let session = VendorContext { settings: &settings, deadline: reading, outbound_calls };
    let list = app.vendor.mailboxes(&session, &organization.id, app.clock.now()).await;
    record_acceptance(app, &enrolled, list.as_ref().err()).await?;
    let list = list?;
    let known = known_failures(app, organization).await?;
    let context =
        Context { region: organization.instance.region(app.vendor.region()), organization, now: app.clock.now() };
    let changes = context.diff(&known.entries, &list);
    let count = record(app, organization, &known, &changes, deadline).await?;
    if count > 0 {
        let rules = serde_json::to_string(&changes.rules).unwrap_or_default();
        tracing::info!(%organization, changed = count, rules, "actions changed");
    }
    configurations::create_missing(app, request, &list, deadline, outbound_calls).await?;
    list.incomplete.map_or(Ok(count), Err)
}

/// Records that the vendor refuses the MSP's tokens, or accepts them again. Any other error says nothing about them. What is
/// known costs no write.
async fn record_acceptance(
    app: &App,
    enrolled: &EnrolledMsp,
    error: Option<&ServiceError>,
) -> Result<(), ServiceError> {
    let (msp, before) = (enrolled.msp, enrolled.refusal.as_ref());
    let refusal = match error {
        None => None,
        Some(error) if error.code() == ErrorCode::CredentialsRefused => {
            Some(Refusal::after_another(before, app.clock.now(), CONFIRMATION))
        }
        Some(_) => return Ok(()),
    };
    if refusal.as_ref().is_some_and(Refusal::is_confirmed) {
        tracing::error!(%msp, "the vendor has refused the MSP's tokens twice; its backups are not monitored");
        metrics::counter!("CredentialsRefused").increment(1);
    }
    if refusal.as_ref() == before {
        return Ok(());
    }
    if refusal.is_none() {
        tracing::info!(%msp, "the vendor accepts the MSP's tokens again");
    }
    app.store.save_token_refusal(enrolled, refusal).await?;
    Ok(())
}

/// Returns all that is recorded of an organization's failing actions.
async fn known_failures(app: &App, organization: &VendorId) -> Result<KnownFailures, ServiceError> {
    let known = app.store.known_failures(organization).await?;
    if known.record.as_ref().is_none_or(|record| record.failing.is_empty()) {
        return Ok(known);
    }
    grouping::load(app, organization).await?;
    Ok(app.store.known_failures(organization).await?)
}

async fn record(
    app: &App,
    organization: &VendorId,
    known: &KnownFailures,
    changes: &Changes,
    deadline: Deadline,
) -> Result<usize, ServiceError> {
    let count = if changes.events.is_empty() {
        0
    } else {
        ingest(app, organization, &changes.events, Source::Check(deadline)).await?
    };
    grouping::put_all(app, organization, &changes.suspected).await?;
    grouping::for_each(&changes.marked, |entry| app.store.update_failing_action(organization, entry)).await?;
    grouping::for_each(&changes.cleared, |entry| app.store.delete_failing_action(organization, entry)).await?;
    // A process that died, or a count of changes, may have left the record behind its entries.
    let counted = known.entries.iter().filter(|entry| entry.class == FailureClass::Grouped).count();
    let recorded = known.record.as_ref().map_or(0, |record| record.grouped_count);
    if changes.events.is_empty() && counted != recorded {
        grouping::update(app, organization, grouping::Count::Exact(counted)).await?;
    }
    Ok(count)
}
