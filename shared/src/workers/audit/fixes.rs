//! Fixes of findings that are a synchronization of the addition.

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::domain::requester::Requester;
use crate::store::{Finding, Fix, HistoryEntry, NewHistoryEntry, SubscriptionKey};
use crate::workers::additions;
use crate::workers::sync::{RetryMode, SyncAttempt, SyncOutcome};

/// Result of a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FixOutcome {
    /// The finding is gone.
    Done,
    /// It is retried automatically. The value is the reason.
    Waiting(String),
    /// A person must act. The value is the reason.
    Failed(String),
}

/// Returns `true` if a run may apply the fix by itself, if the MSP wants that.
pub fn is_automatic(fix: Fix) -> bool {
    match fix {
        Fix::Retry | Fix::Recreate => true,
        Fix::Link | Fix::Adopt | Fix::ChangeSeats => false,
    }
}

/// Applies the fix of a finding for `requester`. A finding that is gone is deleted, and the history has an
/// entry.
///
/// # Errors
/// The table did not answer.
pub async fn synchronize(
    app: &App,
    msp: MspId,
    finding: &Finding,
    attempt: SyncAttempt<'_>,
    requester: Requester,
) -> Result<FixOutcome, ServiceError> {
    let mode = match (finding.fix, finding.addition) {
        (Some(Fix::Retry), _) => Some(RetryMode::Again),
        (Some(Fix::Recreate), _) => Some(RetryMode::Recreate),
        (Some(Fix::Adopt), Some(addition)) => Some(RetryMode::Adopt(addition)),
        (Some(Fix::Adopt | Fix::Link | Fix::ChangeSeats) | None, _) => None,
    };
    let key = finding.account.as_ref().zip(finding.subscription.clone());
    let (Some(retry_mode), Some((account, subscription))) = (mode, key) else {
        return Ok(FixOutcome::Failed(finding.advice.clone()));
    };
    // Another MSP may have linked the account meanwhile.
    if app.store.agreement(account).await?.is_none_or(|link| link.msp != msp) {
        return Ok(FixOutcome::Failed("The organization is no longer linked. Run the audit again.".to_owned()));
    }
    let key = SubscriptionKey { application: account.application, subscription };
    let attempt = SyncAttempt { retry_mode, ..attempt };
    let outcome = match Box::pin(additions::sync(app, &key, &attempt)).await? {
        SyncOutcome::Synced => FixOutcome::Done,
        // The subscription or its link has ended meanwhile.
        SyncOutcome::UpToDate => {
            FixOutcome::Waiting("Nothing is left to synchronize. It is compared again.".to_owned())
        }
        SyncOutcome::Failed(reason) => FixOutcome::Failed(reason.to_string()),
        SyncOutcome::Pending(reason) => FixOutcome::Waiting(reason.to_string()),
        SyncOutcome::Locked => FixOutcome::Waiting("Another attempt synchronizes the addition.".to_owned()),
    };
    // First, because a finding that is gone is not applied again.
    record(app, msp, finding, requester, &outcome).await?;
    if outcome == FixOutcome::Done {
        app.store.delete_finding(msp, finding).await?;
    }
    Ok(outcome)
}

/// Adds what was applied to the history.
///
/// # Errors
/// The table did not answer.
pub async fn record(
    app: &App,
    msp: MspId,
    finding: &Finding,
    requester: Requester,
    outcome: &FixOutcome,
) -> Result<(), ServiceError> {
    let result = match outcome {
        FixOutcome::Done => "done",
        FixOutcome::Waiting(reason) | FixOutcome::Failed(reason) => reason,
    };
    let entry = HistoryEntry {
        finding: Some(finding.id()),
        organization: finding.organization.clone(),
        company: finding.company,
        from: finding.billed.map(|billed| billed.to_string()),
        to: finding.due.map(|due| due.to_string()),
        reason: Some(format!("{} {result}", finding.text)),
        ..HistoryEntry::new(app.clock.now(), requester)
    };
    Ok(app.store.add_history(&NewHistoryEntry { msp, entry, id: finding.id() }).await?)
}
