//! The end of trials: the notices 7 days and 1 day before it and at it, and its effect.
//!
//! The end of a trial that an MSP sold in the portal has the effect that is chosen for its plan at that time: none, an order that
//! makes it paid, or its cancellation. The BSS decides on its own trials. The notice at the end and the choice are recorded
//! together, before anything is ordered, so that an order that fails is made again with the next look. From then on the recorded
//! choice decides, unless the plan's is to ask. It is an order like that of a person: under the account's lease, completed by
//! the recovery if its process dies. It names the version of the record that it follows, so that whatever a person ordered
//! meanwhile stands.

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::domain::order::Order;
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::domain::term::{Notice, day};
use crate::domain::trial::{TrialEnd, TrialPeriod};
use crate::http_client::one_line;
use crate::provisioning::look::{Look, LookOutcome, load_settings, write};
use crate::provisioning::provisioned_subscription::ProvisionedSubscription;
use crate::provisioning::subscriptions::provision_subscription;
use crate::store::{AccountRecord, PlanRecord};
use crate::vendor::ShownTrial;

/// Greatest length of a recorded refusal, in characters.
const MAX_REFUSAL: usize = 300;

/// Reads the end of a trial, records it, makes the notice that is due and, at the end, places the order that was chosen for it.
///
/// # Errors
/// Those of the vendor, of the table and of an order.
pub(super) async fn look(
    call: &mut RequestContext<'_>,
    account: &AccountRecord,
    record: &SubscriptionRecord,
    period: &TrialPeriod,
) -> Result<Look, ServiceError> {
    // The MSP that sold the subscription in the portal; `None` if the BSS sold it.
    let seller = call.app.store.enrolled_msp(MspId::of_application(record.application)).await?;
    // Those of the MSP's last sign-in are newer than those of the order.
    let newest = seller.as_ref().map(|msp| &msp.credentials_id).or(period.credentials_id.as_ref());
    load_settings(call, newest).await?;
    let Some(shown) = read(call, account, period).await? else {
        warn_of_missing(call, record);
        return Ok(LookOutcome::NotLive.into());
    };
    let planned = match &seller {
        Some(msp) => Some(choice(call, msp.msp, account, record, &shown).await?),
        None => None,
    };
    let now = call.now();
    let notice = shown.due_notice(now);
    let at_end = planned.filter(|_| shown.is_over(now));
    let refusal = period.refusal.clone().filter(|_| at_end == period.at_end);
    let checked = TrialPeriod { at_end, noticed: notice.or(shown.noticed), refusal, ..shown };
    let record = if checked == *period && checked.is_over(now) {
        record.clone()
    } else {
        let checked = SubscriptionRecord {
            trial_period: Some(checked),
            version: record.version + 1,
            updated_at: now,
            ..record.clone()
        };
        if !write(call, account, &checked).await? {
            // A call works on the account, or has changed it.
            return Ok(LookOutcome::Nothing.into());
        }
        checked
    };
    if let Some(notice) = notice {
        announce(call, &record, notice, planned);
    }
    let outcome = match (at_end, record.state) {
        (Some(TrialEnd::Convert), SubscriptionState::Live) => {
            finish(call, account, &record, &Order::conversion(&record)).await?
        }
        (Some(TrialEnd::End), SubscriptionState::Live | SubscriptionState::Suspended) => {
            finish(call, account, &record, &Order::cancellation_of_trial(&record)).await?
        }
        (Some(TrialEnd::Ask | TrialEnd::Convert | TrialEnd::End) | None, _) => LookOutcome::Nothing,
    };
    Ok(Look { noticed: notice.is_some(), outcome })
}

/// Returns the effect of the end of a trial that the MSP sold. The vendor shows it as `shown`.
async fn choice(
    call: &RequestContext<'_>,
    msp: MspId,
    account: &AccountRecord,
    record: &SubscriptionRecord,
    shown: &TrialPeriod,
) -> Result<TrialEnd, ServiceError> {
    let (store, account) = (&call.app.store, account.key());
    let (plan, link) = futures::future::try_join(store.plan(msp, &record.plan), store.agreement(&account)).await?;
    let link = link.filter(|link| link.msp == msp);
    Ok(PlanRecord::trial_end(Some(shown), plan.as_ref(), link.as_ref()))
}

/// Returns the trial with the end that the vendor shows; `None` if it shows no trial that is in use or has ended. A vendor that
/// shows no end has the recorded one. An end that has passed, another one than the recorded one, and `None` count only if a second
/// read shows the same.
///
/// # Errors
/// Those of the vendor; two reads differ.
async fn read(
    call: &RequestContext<'_>,
    account: &AccountRecord,
    period: &TrialPeriod,
) -> Result<Option<TrialPeriod>, ServiceError> {
    let read = || async { call.app.vendor.trial(&call.vendor_context(), account.tenant.as_ref()).await };
    let shown = read().await?;
    let now = call.now();
    let ends_at = match shown {
        ShownTrial::NoTrial => None,
        ShownTrial::NotTold => Some(period.ends_at),
        ShownTrial::Until { ends_at, is_active } => (is_active || ends_at <= now).then_some(ends_at),
    };
    let is_as_recorded = ends_at.is_some_and(|ends_at| ends_at == period.ends_at && ends_at > now);
    if !is_as_recorded && read().await? != shown {
        return Err(ServiceError::internal("two reads of the end of the trial at the vendor differ"));
    }
    Ok(ends_at.map(|ends_at| TrialPeriod::following(Some(period), ends_at)))
}

/// Writes the log line of a live trial that the vendor does not show as one. It writes none of a suspended trial, which is
/// inactive at the vendor.
fn warn_of_missing(call: &RequestContext<'_>, record: &SubscriptionRecord) {
    if record.state != SubscriptionState::Live {
        return;
    }
    let ids = call.ids.ids();
    let (account, application, subscription) = (&record.account, record.application, &record.id);
    let (organization, partner) = (ids.organization, ids.partner.map(tracing::field::display));
    tracing::warn!(%account, %application, %subscription, organization, partner, "trial not shown by the vendor");
}

/// Places the order that follows the end of a trial. An order that does not fit what a person did meanwhile changes nothing. A
/// refusal that no retry can mend is recorded for the MSP, and the order is made again a day later.
///
/// # Errors
/// The failures of the order that a retry can mend; those of the table.
async fn finish(
    call: &RequestContext<'_>,
    account: &AccountRecord,
    record: &SubscriptionRecord,
    order: &Order,
) -> Result<LookOutcome, ServiceError> {
    match Box::pin(provision_subscription(call, order)).await {
        Ok(done) => Ok(of_order(&done)),
        Err(failure) if failure.code().is_transient() => Err(failure),
        Err(refusal) => record_refusal(call, account, record, &refusal).await,
    }
}

/// Returns the result of a look whose order is `done`.
fn of_order(done: &ProvisionedSubscription) -> LookOutcome {
    match &done.record {
        Some(record) if done.is_applied && record.state == SubscriptionState::Cancelled => LookOutcome::Ended,
        Some(record) if done.is_applied && !record.trial => LookOutcome::Converted,
        // It was changed meanwhile: the next look reads it again.
        Some(_) | None => LookOutcome::Nothing,
    }
}

/// Records why the order that follows `record` was refused, unless the subscription was written since or the record says so.
///
/// # Errors
/// A failure of the table.
async fn record_refusal(
    call: &RequestContext<'_>,
    account: &AccountRecord,
    record: &SubscriptionRecord,
    refusal: &ServiceError,
) -> Result<LookOutcome, ServiceError> {
    let ids = call.ids.ids();
    let (application, subscription, organization) = (record.application, &record.id, ids.organization);
    let (partner, reason) = (ids.partner.map(tracing::field::display), refusal.log_message());
    tracing::warn!(
        account = %record.account, %application, %subscription, organization, partner, reason, "trial order refused"
    );
    // The order's lease counted as a write of the account.
    let (account, current) = call.app.store.account_and_subscription(&account.key(), &record.key()).await?;
    let current = current.filter(|current| current.version == record.version);
    let Some((account, current)) = account.zip(current) else { return Ok(LookOutcome::Nothing) };
    let reason: String = one_line(refusal.message()).chars().take(MAX_REFUSAL).collect();
    let known = current.trial_period.as_ref().and_then(|period| period.refusal.as_ref());
    if known == Some(&reason) {
        return Ok(LookOutcome::NotLive);
    }
    let period = current.trial_period.clone();
    let refused = SubscriptionRecord {
        trial_period: period.map(|period| TrialPeriod { refusal: Some(reason), ..period }),
        version: current.version + 1,
        updated_at: call.now(),
        ..current
    };
    Ok(if write(call, &account, &refused).await? { LookOutcome::NotLive } else { LookOutcome::Nothing })
}

/// Writes the log line and the metric of a notice. `planned` is the effect of the end; `None` if the BSS decides.
fn announce(call: &RequestContext<'_>, record: &SubscriptionRecord, notice: Notice, planned: Option<TrialEnd>) {
    let ids = call.ids.ids();
    let (account, application, subscription, days) = (&record.account, record.application, &record.id, notice.days);
    let (organization, partner) = (ids.organization, ids.partner.map(tracing::field::display));
    let ends_on = day(notice.ends_at);
    let then = match planned {
        Some(TrialEnd::Ask) => "ask",
        Some(TrialEnd::Convert) => "convert",
        Some(TrialEnd::End) => "end",
        None => "bss",
    };
    tracing::info!(
        %account, %application, %subscription, organization, partner, days, ends_on, then, "trial notice"
    );
    metrics::counter!("TrialNotices", "Days" => days.to_string()).increment(1);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::ids::ExternalId;

    #[test]
    fn an_end_counts_only_if_the_order_brought_it() {
        for (state, trial, outcome) in [
            ("cancelled", true, LookOutcome::Ended),
            ("live", false, LookOutcome::Converted),
            ("live", true, LookOutcome::Nothing),
        ] {
            let record = json!({
                "application": uuid::Uuid::nil(), "id": "20-1", "account": "20", "external_id": "1.20-1", "plan": "p",
                "seats": 3, "addons": [], "state": state, "trial": trial, "cancelled_at": null, "version": 7,
                "created_at": "2027-02-01T10:00:00Z", "updated_at": "2027-03-15T10:00:00Z",
            });
            let record: Option<SubscriptionRecord> = serde_json::from_value(record).unwrap();
            let by_a_person = ProvisionedSubscription::unwritten(ExternalId::parse("1.20-1").unwrap(), record);
            assert_eq!(of_order(&by_a_person), LookOutcome::Nothing, "{state}");
            assert_eq!(of_order(&ProvisionedSubscription { is_applied: true, ..by_a_person }), outcome, "{state}");
        }
    }
}
