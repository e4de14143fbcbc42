//! Deletes an account: ends its billing at the vendor and removes its record.

use crate::app::request::RequestContext;
use crate::domain::account::Role;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{AccountId, ExternalId};
use crate::domain::job::Job;
use crate::domain::term::day;
use crate::provisioning::absence::{ensure_gone, trusts_first_answer};
use crate::provisioning::account_search::{self, SearchPurpose};
use crate::provisioning::converge::{Convergence, converge};
use crate::provisioning::lease::{Lease, LeaseOutcome};
use crate::provisioning::ownership::ensure_not_linked_elsewhere;
use crate::provisioning::subscription_target::subscription;
use crate::store::{AccountKey, AccountRecord};
use crate::vendor::{NextStep, Progress, SearchCriteria};

/// Ends the billing of an account without a live subscription and deletes its record. An account that was linked, not
/// created by us, stays as it is at the vendor. `claimed` is the account's id at the vendor, as the BSS sent it.
///
/// # Errors
/// [`ErrorCode::SubscriptionLive`] if the account has a live subscription, or is a reseller whose customer has one;
/// [`ErrorCode::AccountUnknown`] if its record is missing and the vendor's account is live.
pub async fn delete(
    call: &RequestContext<'_>,
    account: AccountId,
    claimed: Option<&ExternalId>,
) -> Result<(), ServiceError> {
    let key = AccountKey { application: call.application, account };
    let Some(record) = call.app.store.account(&key).await? else {
        return ensure_deleted_at_vendor(call, &key, claimed).await;
    };
    ensure_no_live_subscription(call, &record).await?;
    let fingerprint = Fingerprint::hash(&("delete", &key.account));
    let mut lease = match Lease::acquire(call, &key, Job::DeleteAccount(key.account.clone()), &fingerprint).await? {
        LeaseOutcome::AlreadyApplied(_) => return Ok(()),
        LeaseOutcome::Acquired(lease) => lease,
    };
    let mut convergence = AccountRemoval { call, adopted: None };
    let result = match ensure_no_live_subscription(call, &lease.record).await {
        Ok(()) => Box::pin(converge(call, &mut lease, &mut convergence)).await,
        Err(refusal) => Err(refusal),
    };
    match result {
        Ok(()) => Box::pin(lease.delete_account()).await,
        Err(failure) => {
            Box::pin(lease.release()).await;
            Err(failure)
        }
    }
}

/// Refuses to delete an account without a record if the vendor's account is live and carries its reference: then it was not
/// deleted, but its record was lost.
async fn ensure_deleted_at_vendor(
    call: &RequestContext<'_>,
    key: &AccountKey,
    claimed: Option<&ExternalId>,
) -> Result<(), ServiceError> {
    let Some(id) = claimed.filter(|_| !trusts_first_answer()) else { return Ok(()) };
    let shown = call.app.vendor.get_account(&call.vendor_context(), Role::User, id, None).await?;
    match shown.filter(|shown| shown.unusable_reason.is_none() && shown.reference == key.reference()) {
        None => Ok(()),
        Some(_) => Err(ServiceError::new(
            ErrorCode::AccountUnknown,
            format!(
                "The account's record is missing, but its customer {id} is live at the vendor. Save & Synchronize the account, then delete it again."
            ),
        )),
    }
}

async fn ensure_no_live_subscription(call: &RequestContext<'_>, record: &AccountRecord) -> Result<(), ServiceError> {
    if let Some(live) = &record.live_subscription {
        let ending_at = subscription(call, live).await?.and_then(|subscription| subscription.ending_at());
        let message = match ending_at {
            Some(end) => format!(
                "The account's subscription {live} is cancelled, and ends with its term on {}. Delete the account after that day.",
                day(end)
            ),
            None => format!(
                "The account has the live subscription {live}. Cancel the subscription first, then delete the account."
            ),
        };
        return Err(ServiceError::new(ErrorCode::SubscriptionLive, message));
    }
    if record.role != Role::Reseller {
        return Ok(());
    }
    match call.app.store.live_customer(&record.key()).await? {
        None => Ok(()),
        Some(customer) => Err(ServiceError::new(
            ErrorCode::SubscriptionLive,
            format!(
                "The reseller's customer {customer} has a live subscription. Cancel the subscriptions of the reseller's customers first, then delete the reseller."
            ),
        )),
    }
}

struct AccountRemoval<'a> {
    call: &'a RequestContext<'a>,
    adopted: Option<ExternalId>,
}

impl Convergence for AccountRemoval<'_> {
    type Output = ();

    async fn next_step(&mut self, record: &AccountRecord, progress: &Progress) -> Result<NextStep<()>, ServiceError> {
        if let Some(id) = record.external_id.as_ref().filter(|_| record.created_by_us) {
            ensure_not_linked_elsewhere(self.call, &record.key(), Some(record), id).await?;
        }
        if record.external_id.is_none()
            && progress.created.is_none()
            && progress.check_before_create
            && self.adopted.is_none()
        {
            let reference = record.key().reference();
            let criteria =
                SearchCriteria { role: record.role, email: None, name: "", reference: &reference, denied: None };
            let candidates =
                account_search::candidates(self.call, &record.key(), &criteria, SearchPurpose::Adopt).await?;
            self.adopted = account_search::pick_for_adoption(&candidates)?.map(|found| found.id.clone());
        }
        // An account that was linked, not created by us, stays.
        let ours = record.external_id.as_ref().filter(|_| record.created_by_us);
        match ours.or(progress.created.as_ref()).or(self.adopted.as_ref()) {
            Some(id) => {
                let (context, reference) = (self.call.vendor_context(), record.key().reference());
                match self.call.app.vendor.next_for_removal(&context, record.role, id, &reference).await {
                    Err(denial) if denial.code() == ErrorCode::MissingAtVendor => {
                        ensure_gone(self.call, record, record.role, id, &denial).await?;
                        Ok(NextStep::Converged(()))
                    }
                    next => next,
                }
            }
            None => Ok(NextStep::Converged(())),
        }
    }
}
