//! Renewals, for a vendor that sells terms: the notices before the end of an annual term, and the end of a subscription that
//! was cancelled for the end of its term.
//!
//! A live subscription is in the index `work` by the time of its next look, so a run reads only what is due. Each look reads
//! the vendor. A notice is recorded under the account's lease, together with what the vendor showed, before it is logged: a
//! notice is never made twice, and one whose process dies in between is in the record only. At the end of a term that is not
//! renewed, the cancellation is ordered again: by then the vendor shows that the tenant has ended.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::app::request::RequestContext;
use crate::app::request_ids::RequestIdLog;
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::SubscriptionId;
use crate::domain::job::Job;
use crate::domain::order::Order;
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::domain::term::{Renewal, Term, day};
use crate::http_client::{Deadline, OutboundCallLog};
use crate::provisioning::lease::{CommitExtras, Lease, LeaseOutcome};
use crate::provisioning::recovery::stored_settings;
use crate::provisioning::subscriptions::provision_subscription;
use crate::store::{AccountKey, AccountRecord, SubscriptionKey};

/// Maximum number of subscriptions in a run.
const LIMIT: i32 = 50;

/// Time until a renewal is looked at again that could not be read, or whose end the vendor does not show yet.
const RETRY_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Result of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of notices.
    pub noticed: u32,
    /// Number of subscriptions that ended with their terms.
    pub ended: u32,
    /// Number of renewals that could not be looked at. The metric `JobsStuck` counts them as well.
    pub stuck: u32,
}

/// Result of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A notice was made, this number of days before the end of the term.
    Noticed(u16),
    /// There was nothing to say.
    Nothing,
    /// The vendor shows no live, paid term.
    NoTerm,
    /// The subscription ended.
    Ended,
}

/// Looks at the renewals that are due, within `budget`. `run_id` owns the leases of the run and must be unique.
///
/// # Errors
/// The last failure of the table.
pub async fn run(app: &App, run_id: &str, budget: Duration) -> Result<Report, ServiceError> {
    let mut report = Report::default();
    if !app.vendor.has_terms() {
        return Ok(report);
    }
    let deadline = Deadline::after(budget);
    let mut outcome = Ok(());
    for key in app.store.due_renewals(app.clock.now(), LIMIT).await? {
        if deadline.remaining_for_calls().is_zero() {
            break;
        }
        match look(app, &key, run_id, deadline.remaining().min(app.deadline)).await {
            Ok(Some(Look::Noticed(_))) => report.noticed += 1,
            Ok(Some(Look::Ended)) => report.ended += 1,
            Ok(Some(Look::Nothing | Look::NoTerm)) => {}
            Ok(None) => report.stuck += 1,
            Err(failure) => {
                report.stuck += 1;
                outcome = Err(failure);
            }
        }
    }
    metrics::counter!("SubscriptionsEnded").increment(report.ended.into());
    metrics::counter!("JobsStuck").increment(report.stuck.into());
    outcome.map(|()| report)
}

/// Looks at one renewal. Returns `None` if that failed, which is logged.
///
/// # Errors
/// A failure of the table.
async fn look(
    app: &App,
    key: &SubscriptionKey,
    run_id: &str,
    budget: Duration,
) -> Result<Option<Look>, ServiceError> {
    let now = app.clock.now();
    // The index is eventually consistent.
    let record = app.store.subscription(key).await?;
    let Some(record) = record.filter(|record| record.look_at().is_some_and(|due| due <= now)) else {
        return Ok(Some(Look::Nothing));
    };
    let call = context(app, &record, run_id, budget).await;
    let looked = Box::pin(apply(&call, &record, now)).await;
    app.store.postpone_renewal(key, now, now.saturating_add(RETRY_AFTER).map_err(ServiceError::internal)?).await?;
    match looked {
        Ok(looked) => Ok(Some(looked)),
        Err(failure) => {
            log_failure(&call, &record, &failure);
            Ok(None)
        }
    }
}

async fn apply(
    call: &RequestContext<'_>,
    record: &SubscriptionRecord,
    now: Timestamp,
) -> Result<Look, ServiceError> {
    let is_over = record.is_ending() && record.ends_at.is_some_and(|end| end <= now);
    let looked = if is_over { Look::NoTerm } else { check_renewal(call, &record.id).await? };
    if looked != Look::NoTerm || !record.is_ending() {
        return Ok(looked);
    }
    let account = AccountKey { application: record.application, account: record.account.clone() };
    if call.app.store.account(&account).await?.is_none_or(|account| !account.is_settled()) {
        // A job that was left unfinished goes first: its caller retries it, or the recovery does.
        return Ok(Look::Nothing);
    }
    let ended = provision_subscription(call, &Order::cancellation(record)).await?;
    let is_live = ended.record.is_some_and(|record| record.state == SubscriptionState::Live);
    Ok(if is_live { Look::Nothing } else { Look::Ended })
}

/// Reads the term of a subscription, and makes the notice that is due.
///
/// # Errors
/// Those of the vendor and of the table; [`InProgress`](crate::domain::error_code::ErrorCode::InProgress) if another call keeps
/// the lease.
pub async fn check_renewal(call: &RequestContext<'_>, id: &SubscriptionId) -> Result<Look, ServiceError> {
    let key = SubscriptionKey { application: call.application, subscription: id.clone() };
    let Some(record) = call.app.store.subscription(&key).await? else { return Ok(Look::Nothing) };
    let account_key = AccountKey { application: call.application, account: record.account.clone() };
    // A job that was left unfinished goes first: its caller retries it, or the recovery does.
    let account = call.app.store.account(&account_key).await?.filter(AccountRecord::is_settled);
    let Some((account, tenant)) = account.and_then(|account| account.tenant.clone().map(|tenant| (account, tenant)))
    else {
        return Ok(Look::Nothing);
    };
    let fingerprint = Fingerprint::hash(&("renewal", id, record.version));
    let job = Job::CheckRenewal(id.clone());
    let lease = match Lease::acquire(call, &account_key, job, &fingerprint).await? {
        LeaseOutcome::Acquired(lease) if lease.follows(&account) => lease,
        LeaseOutcome::Acquired(lease) => {
            lease.release_unchanged().await;
            return Ok(Look::Nothing);
        }
        LeaseOutcome::AlreadyApplied(_) => return Ok(Look::Nothing),
    };
    let term = match call.app.vendor.term(&call.vendor_context(), &tenant).await {
        Ok(term) => term,
        Err(failure) => {
            lease.release_unchanged().await;
            return Err(failure);
        }
    };
    if term.is_none() && record.is_ending() {
        lease.release_unchanged().await;
        return Ok(Look::NoTerm);
    }
    let now = call.now();
    let mut renewal = term.map(|term| Renewal::following(record.renewal.as_ref(), term));
    let notice = renewal.as_ref().and_then(|renewal| renewal.due_notice(now));
    if let (Some(renewal), Some(days)) = (&mut renewal, notice) {
        renewal.noticed = Some(days);
    }
    let checked = SubscriptionRecord { renewal, version: record.version + 1, updated_at: now, ..record };
    let last_applied = lease.record.last_applied.clone().unwrap_or(fingerprint);
    let extras = CommitExtras { subscription: Some(&checked), ..CommitExtras::default() };
    Box::pin(lease.commit(last_applied, extras)).await?;
    match (&checked.renewal, notice) {
        (Some(renewal), Some(days)) => {
            announce(call, &checked, &renewal.term, days);
            Ok(Look::Noticed(days))
        }
        (Some(_), None) => Ok(Look::Nothing),
        (None, _) => Ok(Look::NoTerm),
    }
}

/// Writes the log line and the metric of a notice.
fn announce(call: &RequestContext<'_>, record: &SubscriptionRecord, term: &Term, days: u16) {
    let ids = call.ids.ids();
    let (account, application, subscription) = (&record.account, record.application, &record.id);
    let (organization, partner) = (ids.organization, ids.partner.map(tracing::field::display));
    let (ends_on, cancellable_until) = (day(term.ends_at), day(term.cancellable_until));
    let licences = term.contents.licences;
    let licences_from_renewal = term.renewal.as_ref().map_or(0, |renewal| renewal.licences);
    let (renewed, ending, outlook) = (term.renewal.is_some(), term.ending().join(", "), term.outlook());
    tracing::info!(
        %account, %application, %subscription, organization, partner, days, ends_on, renewed, licences,
        licences_from_renewal, ending, cancellable_until, outlook, "renewal notice"
    );
    metrics::counter!("RenewalNotices", "Days" => days.to_string()).increment(1);
}

fn log_failure(call: &RequestContext<'_>, record: &SubscriptionRecord, failure: &ServiceError) {
    let ids = call.ids.ids();
    let (account, application, subscription) = (&record.account, record.application, &record.id);
    let (organization, partner) = (ids.organization, ids.partner.map(tracing::field::display));
    let (reason, vendor_calls) = (failure.log_message(), call.outbound_calls.to_json());
    let ends_on = record.ends_at.map(day);
    tracing::error!(
        %account, %application, %subscription, organization, partner, ends_on, reason, vendor_calls,
        "renewal check is stuck"
    );
}

/// Returns the context of a look, with the partner's settings of the last order.
async fn context<'a>(
    app: &'a App,
    record: &SubscriptionRecord,
    run_id: &str,
    budget: Duration,
) -> RequestContext<'a> {
    let credentials_id = record.renewal.as_ref().and_then(|renewal| renewal.credentials_id.as_ref());
    let call = RequestContext {
        app,
        application: record.application,
        settings: stored_settings(app, record.application, credentials_id).await,
        request_id: format!("{run_id}/{}", record.id),
        deadline: Deadline::after(budget),
        recovering: None,
        outbound_calls: OutboundCallLog::default(),
        ids: RequestIdLog::default(),
        body: &[],
    };
    call.ids.record_partner(&app.vendor, &call.vendor_context());
    call.ids.record(|ids| ids.subscription = Some(record.id.to_string()));
    call
}
