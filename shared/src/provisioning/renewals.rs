//! Renewals, for a vendor that sells terms: the notices before the end of an annual term, and the end of a subscription that
//! was cancelled for the end of its term. The same runs look at the ends of trials, of any vendor.
//!
//! Such a subscription is in the index `work` by the time of its next look, so a run reads only what is due. Each look
//! reads the vendor. What it saw and the notice are recorded together, on condition that no call works on the account or has
//! changed it meanwhile, before the notice is logged: a notice is never made twice, and one whose process dies in between is
//! in the record only. At the end of a term that is not renewed, the cancellation is ordered again: by then the vendor shows
//! that the tenant has ended.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::order::{Order, OrderKind};
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::domain::term::{Notice, Renewal, Term, day};
use crate::http_client::Deadline;
use crate::provisioning::look::{Look, LookOutcome, load_settings, write};
use crate::provisioning::subscriptions::provision_subscription;
use crate::provisioning::trials;
use crate::store::{AccountKey, AccountRecord, SubscriptionKey};

/// Maximum number of subscriptions in a run.
const LIMIT: i32 = 50;

/// Time until the next look, unless the record says a later one: after a failure, or if the vendor does not show the end yet.
const RETRY_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Time until the next look at a subscription that is not live at the vendor.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Result of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of notices.
    pub noticed: u32,
    /// Number of subscriptions that ended with their terms, and of trials that were cancelled at their end.
    pub ended: u32,
    /// Number of trials that became paid at their end.
    pub converted: u32,
    /// Number of looks that failed. The metric `JobsStuck` counts them as well.
    pub stuck: u32,
}

impl Report {
    /// Counts a look; `None` is one that failed. Returns the time until the next one, unless the record says a later one.
    fn add(&mut self, looked: Option<Look>) -> SignedDuration {
        let Some(Look { noticed, outcome }) = looked else {
            self.stuck += 1;
            return RETRY_AFTER;
        };
        self.noticed += u32::from(noticed);
        match outcome {
            LookOutcome::Nothing => {}
            LookOutcome::NotLive => return DAY,
            LookOutcome::Ended => self.ended += 1,
            LookOutcome::Converted => self.converted += 1,
        }
        RETRY_AFTER
    }
}

/// Looks at the renewals and the ends of trials that are due, within `budget`. `run_id` owns the leases of the run and must be
/// unique.
///
/// # Errors
/// The last failure of the index.
pub async fn run(app: &App, run_id: &str, budget: Duration) -> Result<Report, ServiceError> {
    let mut report = Report::default();
    let deadline = Deadline::after(budget);
    let mut outcome = Ok(());
    for key in app.store.due_renewals(app.clock.now(), LIMIT).await? {
        if deadline.remaining_for_calls().is_zero() {
            break;
        }
        let now = app.clock.now();
        let looked = look(app, &key, run_id, deadline.remaining().min(app.deadline), now).await;
        let wait = report.add(looked);
        let until = now.saturating_add(wait).map_err(ServiceError::internal)?;
        if let Err(error) = app.store.postpone_renewal(&key, now, until).await {
            outcome = Err(error.into());
        }
    }
    metrics::counter!("SubscriptionsEnded").increment(report.ended.into());
    metrics::counter!("TrialsConverted").increment(report.converted.into());
    metrics::counter!("JobsStuck").increment(report.stuck.into());
    outcome.map(|()| report)
}

/// Looks at one subscription. Returns `None` if that failed, which is logged.
async fn look(app: &App, key: &SubscriptionKey, run_id: &str, budget: Duration, now: Timestamp) -> Option<Look> {
    let request_id = format!("{run_id}/{}", key.subscription);
    let (endpoint, deadline) = (OrderKind::Cancel.operation(), Deadline::after(budget));
    let mut call = RequestContext::in_background(app, key.application, request_id, endpoint, deadline);
    call.ids.record(|ids| ids.subscription = Some(key.subscription.to_string()));
    let looked = Box::pin(look_if_due(&mut call, key, now)).await;
    match unless_in_progress(looked) {
        Ok(looked) => Some(looked),
        Err(failure) => {
            log_failure(&call, &failure);
            None
        }
    }
}

/// Returns `looked`. A call that works on the account is no failure of the look, which is made again.
fn unless_in_progress(looked: Result<Look, ServiceError>) -> Result<Look, ServiceError> {
    match looked {
        Err(failure) if failure.code() == ErrorCode::InProgress => Ok(LookOutcome::Nothing.into()),
        looked => looked,
    }
}

async fn look_if_due(
    call: &mut RequestContext<'_>,
    key: &SubscriptionKey,
    now: Timestamp,
) -> Result<Look, ServiceError> {
    let Some((account, record)) = load_due(call, key, now).await? else { return Ok(LookOutcome::Nothing.into()) };
    call.ids.record(|ids| ids.account = Some(account.id.to_string()));
    call.ids.record_organization(&account);
    if let Some(period) = &record.trial_period {
        return Box::pin(trials::look(call, &account, &record, period)).await;
    }
    load_settings(call, record.credentials_id()).await?;
    match record.ending_at() {
        Some(end) if end <= now => end_subscription(call, &record, end).await,
        Some(end) => match check(call, &account, &record).await? {
            Look { outcome: LookOutcome::NotLive, .. } => end_subscription(call, &record, end).await,
            looked => Ok(looked),
        },
        None => check(call, &account, &record).await,
    }
}

/// Returns the account and the subscription as they were at one moment, if the look is due: the index is eventually consistent.
/// A job that was left unfinished goes first: its caller retries it, or the recovery does.
async fn load_due(
    call: &RequestContext<'_>,
    key: &SubscriptionKey,
    now: Timestamp,
) -> Result<Option<(AccountRecord, SubscriptionRecord)>, ServiceError> {
    let Some(named) = call.app.store.subscription(key).await? else { return Ok(None) };
    let account = AccountKey { application: key.application, account: named.account };
    let (account, record) = call.app.store.account_and_subscription(&account, key).await?;
    let is_due = |record: &SubscriptionRecord| record.look_at().is_some_and(|due| due <= now);
    Ok(account.zip(record).filter(|(account, record)| account.is_settled() && is_due(record)))
}

/// Ends a subscription that was cancelled for `end`.
///
/// # Errors
/// Those of the order; the subscription is still live a day after `end`, or the vendor shows another end.
async fn end_subscription(
    call: &RequestContext<'_>,
    record: &SubscriptionRecord,
    end: Timestamp,
) -> Result<Look, ServiceError> {
    let ended = Box::pin(provision_subscription(call, &Order::cancellation(record))).await?.record;
    match ended.filter(|record| record.state == SubscriptionState::Live).map(|record| record.ends_at) {
        None => Ok(LookOutcome::Ended.into()),
        Some(Some(shown)) if shown != end => Err(moved(end, shown)),
        Some(Some(_)) if call.now().duration_since(end) >= DAY => Err(ServiceError::internal(format!(
            "the vendor still shows the subscription as live a day after the end of its term on {}",
            day(end)
        ))),
        // The vendor does not show the end yet, or the subscription was activated meanwhile.
        Some(_) => Ok(LookOutcome::Nothing.into()),
    }
}

/// Reads the term of a subscription, records it, and makes the notice that is due.
///
/// # Errors
/// Those of the vendor and of the table; the vendor shows another end of a cancelled subscription.
async fn check(
    call: &RequestContext<'_>,
    account: &AccountRecord,
    record: &SubscriptionRecord,
) -> Result<Look, ServiceError> {
    let Some(term) = read_term(call, account, record).await? else { return Ok(LookOutcome::NotLive.into()) };
    let (now, shown) = (call.now(), term.ends_at);
    let mut renewal = Renewal::following(record.renewal.as_ref(), Some(term.clone()));
    let notice = renewal.due_notice(now);
    renewal.noticed = notice.or(renewal.noticed);
    let checked = SubscriptionRecord {
        renewal: Some(renewal),
        ends_at: record.ends_at.map(|_| shown),
        version: record.version + 1,
        updated_at: now,
        ..record.clone()
    };
    if !write(call, account, &checked).await? {
        // A call works on the account, or has changed it.
        return Ok(LookOutcome::Nothing.into());
    }
    if let Some(notice) = notice {
        announce(call, &checked, &term, notice);
    }
    match record.ends_at.filter(|end| *end != shown) {
        Some(end) => Err(moved(end, shown)),
        None => Ok(Look { noticed: notice.is_some(), outcome: LookOutcome::Nothing }),
    }
}

/// Returns the term that the vendor shows. Another end than the recorded one counts only if a second read shows it as well.
///
/// # Errors
/// Those of the vendor; two reads differ.
async fn read_term(
    call: &RequestContext<'_>,
    account: &AccountRecord,
    record: &SubscriptionRecord,
) -> Result<Option<Term>, ServiceError> {
    let tenant = account.tenant.as_ref();
    let tenant = tenant.ok_or_else(|| ServiceError::internal("the account of a live subscription has no tenant"))?;
    let read = || async { call.app.vendor.term(&call.vendor_context(), tenant).await };
    let Some(term) = read().await? else { return Ok(None) };
    let known = record.renewal.as_ref().and_then(|renewal| renewal.term.as_ref());
    if known.is_some_and(|known| known.ends_at == term.ends_at) || read().await?.as_ref() == Some(&term) {
        return Ok(Some(term));
    }
    Err(ServiceError::internal("two reads of the term at the vendor differ"))
}

fn moved(end: Timestamp, shown: Timestamp) -> ServiceError {
    ServiceError::internal(format!(
        "the subscription was cancelled for {}, but the vendor now shows {} as the end of its term",
        day(end),
        day(shown)
    ))
}

/// Writes the log line and the metric of a notice.
fn announce(call: &RequestContext<'_>, record: &SubscriptionRecord, term: &Term, notice: Notice) {
    let ids = call.ids.ids();
    let (account, application, subscription, days) = (&record.account, record.application, &record.id, notice.days);
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

fn log_failure(call: &RequestContext<'_>, failure: &ServiceError) {
    let (ids, application) = (call.ids.ids(), call.application);
    let (account, subscription, organization) = (ids.account, ids.subscription, ids.organization);
    let partner = ids.partner.map(tracing::field::display);
    let (reason, vendor_calls) = (failure.log_message(), call.outbound_calls.to_json());
    tracing::error!(
        account, %application, subscription, organization, partner, reason, vendor_calls,
        "renewal check is stuck"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

    #[test]
    fn a_call_that_holds_the_lease_makes_no_look_stuck() {
        for failure in [ServiceError::new(ErrorCode::InProgress, "busy"), StoreError::LeaseLost.into()] {
            assert_eq!(unless_in_progress(Err(failure)).unwrap(), LookOutcome::Nothing.into());
        }
        assert!(unless_in_progress(Err(ServiceError::internal("x"))).is_err());
    }

    #[test]
    fn a_notice_counts_whatever_else_the_look_did() {
        for (outcome, wait, report) in [
            (LookOutcome::Nothing, RETRY_AFTER, Report::default()),
            (LookOutcome::NotLive, DAY, Report::default()),
            (LookOutcome::Ended, RETRY_AFTER, Report { ended: 1, ..Report::default() }),
            (LookOutcome::Converted, RETRY_AFTER, Report { converted: 1, ..Report::default() }),
        ] {
            let (mut silent, mut noticed) = (Report::default(), Report::default());
            assert_eq!(silent.add(Some(outcome.into())), wait, "{outcome:?}");
            assert_eq!(noticed.add(Some(Look { noticed: true, outcome })), wait, "{outcome:?}");
            assert_eq!((silent, noticed), (report, Report { noticed: 1, ..report }), "{outcome:?}");
        }
        let mut stuck = Report::default();
        assert_eq!((stuck.add(None), stuck.stuck), (RETRY_AFTER, 1));
    }
}
