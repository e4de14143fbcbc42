//! ConnectWise's refusal of an MSP's keys. One refusal proves nothing: the record stays pending. A later one confirms it:
//! then what fails waits for the MSP, and the redrive tries the keys again every hour.

use jiff::SignedDuration;

use crate::app::App;
use crate::app::msp_connection::Connection;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::http_client::{Deadline, OutboundCallLog};
use crate::store::{MspRecord, Refusal};
use crate::workers::sync::SyncError;
use crate::workers::sync::error::RENEW_CONNECTION;

/// Time after which a second refusal confirms the first one: not longer than the shortest wait before the next attempt.
const CONFIRMATION: SignedDuration = SignedDuration::from_mins(1);

/// Time between two trials of keys whose refusal is confirmed.
const TRIAL_INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// Records what the outcome of an attempt with the MSP's `settings` says about its keys, and returns the outcome.
pub async fn settle<T>(
    app: &App,
    msp: MspId,
    settings: &MspRecord,
    outcome: Result<T, SyncError>,
) -> Result<T, SyncError> {
    match outcome {
        Err(SyncError::KeysRefused { reason }) => {
            let is_confirmed = record_refusal(app, msp, settings).await?;
            Err(if is_confirmed {
                SyncError::needs_action(reason, RENEW_CONNECTION)
            } else {
                SyncError::transient(reason)
            })
        }
        Ok(done) => {
            record_acceptance(app, msp, settings).await?;
            Ok(done)
        }
        outcome => outcome,
    }
}

/// Tries the keys of an MSP whose refusal is confirmed. Returns `true` if they are not refused any more, or never were. Else
/// the next trial is in an hour.
pub async fn are_keys_accepted(app: &App, msp: MspId, deadline: Deadline) -> Result<bool, ServiceError> {
    let Some(connection) = Connection::open(app, msp).await? else { return Ok(true) };
    let Some(settings) = connection.settings.as_ref() else { return Ok(true) };
    if !settings.refusal.as_ref().is_some_and(Refusal::is_confirmed) {
        return Ok(true);
    }
    let outbound_calls = OutboundCallLog::default();
    let client = connection.client(app.connectwise()?, deadline, &outbound_calls);
    match client.check_credentials().await {
        Ok(()) => {
            record_acceptance(app, msp, settings).await?;
            Ok(true)
        }
        Err(error) => {
            if let SyncError::KeysRefused { .. } = SyncError::from(error) {
                report(msp);
            }
            request_trial(app, msp).await?;
            Ok(false)
        }
    }
}

/// Records a refusal. Returns `true` if it is confirmed. What is known costs no write.
async fn record_refusal(app: &App, msp: MspId, settings: &MspRecord) -> Result<bool, ServiceError> {
    let refusal = Refusal::after_another(settings.refusal.as_ref(), app.clock.now(), CONFIRMATION);
    let is_confirmed = refusal.is_confirmed();
    if settings.refusal.as_ref() != Some(&refusal) {
        if !app.store.save_key_refusal(msp, &settings.connection, Some(&refusal)).await? {
            // The MSP saved other keys meanwhile.
            return Ok(false);
        }
        if is_confirmed {
            request_trial(app, msp).await?;
        }
    }
    if is_confirmed {
        report(msp);
    }
    Ok(is_confirmed)
}

/// Ends a refusal. What failed because of it is retried.
async fn record_acceptance(app: &App, msp: MspId, settings: &MspRecord) -> Result<(), ServiceError> {
    let Some(refusal) = &settings.refusal else { return Ok(()) };
    if app.store.save_key_refusal(msp, &settings.connection, None).await? && refusal.is_confirmed() {
        tracing::info!(%msp, "ConnectWise accepts the MSP's keys again");
        app.store.request_retry(msp, app.clock.now().as_millisecond()).await?;
    }
    Ok(())
}

async fn request_trial(app: &App, msp: MspId) -> Result<(), ServiceError> {
    let at = app.clock.now().saturating_add(TRIAL_INTERVAL).map_err(ServiceError::internal)?;
    Ok(app.store.request_retry(msp, at.as_millisecond()).await?)
}

fn report(msp: MspId) {
    tracing::error!(%msp, "ConnectWise has refused the MSP's keys twice; its additions and tickets wait");
    metrics::counter!("CredentialsRefused").increment(1);
}
