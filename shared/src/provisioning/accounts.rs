//! Accounts: create, update or link an account at the vendor, and delete its record.

use crate::app::request::RequestContext;
use crate::domain::account::{AccountDetails, DesiredAccount, Role};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{AccountId, ExternalId};
use crate::domain::job::Job;
use crate::domain::vendor_id::VendorId;
use crate::provisioning::absence::{
    ensure_gone, ensure_not_listed, ensure_provable, ensure_unlisted, trusts_first_answer,
};
use crate::provisioning::account_search::{self, SearchPurpose};
use crate::provisioning::converge::{Convergence, converge};
use crate::provisioning::lease::{CommitExtras, Lease, LeaseOutcome};
use crate::provisioning::ownership::{account_object, ensure_not_linked_elsewhere, ensure_not_referenced_elsewhere};
use crate::store::{AccountKey, AccountRecord, Link, Target};
use crate::vendor::{AccountTarget, NextStep, Progress, SearchCriteria};

/// Converges the account at the vendor to its desired state and records it.
///
/// # Errors
/// [`ErrorCode::InProgress`] if another call holds the account's lease until the time is up. Otherwise the refusals of
/// this module, and the vendor's errors.
pub async fn synchronize(call: &RequestContext<'_>, desired: &DesiredAccount) -> Result<AccountRecord, ServiceError> {
    let key = AccountKey { application: call.application, account: desired.account.clone() };
    let parent = parent_reseller(call, desired).await?;
    let fingerprint = Fingerprint::hash(&("account", desired, &parent.id, &parent.reseller_id));
    let mut lease = match Lease::acquire(call, &key, Job::SyncAccount(desired.clone()), &fingerprint).await? {
        LeaseOutcome::AlreadyApplied(record) => return Ok(*record),
        LeaseOutcome::Acquired(lease) => lease,
    };
    let mut convergence =
        AccountConvergence { call, desired, parent, reference: key.reference(), adopted: None, missing: None };
    match Box::pin(apply(call, desired, &mut lease, &mut convergence)).await {
        Ok(id) => {
            let created =
                lease.record.pending_created_id.is_some() || convergence.adopted.is_some_and(|adopted| adopted.ours);
            let object = account_object(call, &id)?;
            let missing = convergence.missing.take().map(|(id, _)| account_object(call, &id)).transpose()?;
            let extras = CommitExtras {
                link: link_account(&lease.record, &object),
                unlink: missing.into_iter().collect(),
                ..CommitExtras::default()
            };
            lease.record.created_by_us |= created;
            if !call.app.vendor.creates_account_on_first_order() {
                lease.record.shown_to = call.app.vendor.partner_id(&call.vendor_context())?;
            }
            lease.record.reseller = desired.reseller.as_ref().map(|reseller| reseller.account.clone());
            lease.record.external_id = Some(id);
            lease.record.instance = Some(object.instance);
            lease.record.profile = Some(desired.profile.fingerprint());
            lease.record.account_details =
                call.app.vendor.creates_account_on_first_order().then(|| AccountDetails::from_account(desired));
            Box::pin(lease.commit(fingerprint, extras)).await
        }
        Err(failure) => {
            Box::pin(lease.release()).await;
            Err(failure)
        }
    }
}

async fn apply(
    call: &RequestContext<'_>,
    desired: &DesiredAccount,
    lease: &mut Lease<'_>,
    convergence: &mut AccountConvergence<'_>,
) -> Result<ExternalId, ServiceError> {
    check_immutable_fields(call, &lease.record, desired).await?;
    if let Some(id) = desired.external_id.as_ref().or(lease.record.external_id.as_ref()) {
        ensure_not_linked_elsewhere(call, &lease.record.key(), Some(&lease.record), id).await?;
    }
    if let (Some(id), None) = (&desired.external_id, &lease.record.external_id) {
        lease.record.created_by_us |=
            ensure_not_referenced_elsewhere(call, &lease.record.key(), desired.role, id).await?;
    }
    lease.record.role = desired.role;
    converge(call, lease, convergence).await
}

/// Returns the link from `object` to the account; empty if the account is already linked with it.
pub fn link_account(record: &AccountRecord, object: &VendorId) -> Vec<Link> {
    let target = Target::Account(record.id.clone());
    let known = record.external_id.as_ref() == Some(&object.id) && record.instance.as_ref() == Some(&object.instance);
    let VendorId { instance, id } = object.clone();
    let link = Link { application: record.application, external_id: id, instance, target };
    if known { Vec::new() } else { vec![link] }
}

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
    if let Some(subscription) = &record.live_subscription {
        return Err(ServiceError::new(
            ErrorCode::SubscriptionLive,
            format!(
                "The account has the live subscription {subscription}. Cancel the subscription first, then delete the account."
            ),
        ));
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

/// The reseller of an account.
#[derive(Debug, Default)]
struct ParentReseller {
    /// The reseller's id at the vendor.
    id: Option<ExternalId>,
    /// The reseller's id in the vendor's partner portal. An account without a reseller has its own here.
    reseller_id: Option<String>,
}

async fn parent_reseller(call: &RequestContext<'_>, desired: &DesiredAccount) -> Result<ParentReseller, ServiceError> {
    let Some(reseller) = &desired.reseller else {
        return Ok(ParentReseller { id: None, reseller_id: desired.reseller_id.clone() });
    };
    let key = AccountKey { application: call.application, account: reseller.account.clone() };
    let record = call.app.store.account(&key).await?.filter(|record| record.role == Role::Reseller);
    let (id, details) = record.map_or((None, None), |record| (record.external_id, record.account_details));
    // If the vendor has no accounts before the first order, only our record proves that the reseller exists.
    let claimed = reseller.external_id.clone().filter(|_| !call.app.vendor.creates_account_on_first_order());
    let id = id.or(claimed).ok_or_else(|| {
        ServiceError::new(
            ErrorCode::ResellerUnknown,
            format!("The account's reseller ({}) is not synchronized. Synchronize the reseller first (role Reseller), then this account.", reseller.account),
        )
    })?;
    let parent_reseller_id = details.and_then(|details| details.reseller_id);
    match (&desired.reseller_id, parent_reseller_id) {
        (Some(stated), Some(parent_reseller_id)) if *stated != parent_reseller_id => Err(ServiceError::new(
            ErrorCode::ResellerIdInvalid,
            format!(
                "The account's Reseller ID is {stated}, but that of its reseller is {parent_reseller_id}. Correct the Reseller ID in the account's Sync Options, or leave it blank."
            ),
        )),
        (stated, parent_reseller_id) => {
            Ok(ParentReseller { id: Some(id), reseller_id: parent_reseller_id.or_else(|| stated.clone()) })
        }
    }
}

/// Refuses changes of the role and of the external id, which are fixed by the first synchronization.
async fn check_immutable_fields(
    call: &RequestContext<'_>,
    record: &AccountRecord,
    desired: &DesiredAccount,
) -> Result<(), ServiceError> {
    if record.role != desired.role && (record.external_id.is_some() || record.pending_step.is_some()) {
        return Err(ServiceError::new(
            ErrorCode::RoleInvalid,
            "The role of an account can't be changed after its first synchronization. Set the previous role again. To change the role, ask your provider to delete the account and create it again.",
        ));
    }
    let Some(id) = &record.external_id else { return Ok(()) };
    let Some(other) = desired.external_id.as_ref().filter(|other| *other != id) else { return Ok(()) };
    let refusal = ServiceError::new(
        ErrorCode::Ambiguous,
        format!(
            "The platform links this account with {other}, but the service manager links it with {id}. To link it with another customer, delete the account and create it again."
        ),
    );
    match call.app.vendor.get_account(&call.vendor_context(), desired.role, other, Some(record)).await? {
        // The account was created again, and the platform does not have the new id yet.
        None if call.app.vendor.creates_account_on_first_order() => Ok(()),
        None => ensure_unlisted(call, record, desired.role, other, &refusal).await,
        Some(_) => Err(refusal),
    }
}

struct AccountConvergence<'a> {
    call: &'a RequestContext<'a>,
    desired: &'a DesiredAccount,
    parent: ParentReseller,
    reference: String,
    adopted: Option<AdoptedAccount>,
    /// The linked external id that the vendor denies, and the denial.
    missing: Option<(ExternalId, ServiceError)>,
}

/// An account that was found at the vendor, so that none is created.
#[derive(Clone, Debug)]
struct AdoptedAccount {
    id: ExternalId,
    /// `true` if a create of ours made it; `false` if it existed before and is linked.
    ours: bool,
}

impl Convergence for AccountConvergence<'_> {
    type Output = ExternalId;

    /// The search looks twice, in as many calls as it takes.
    const LOOKS_TWICE: bool = true;

    async fn next_step(
        &mut self,
        record: &AccountRecord,
        progress: &Progress,
    ) -> Result<NextStep<ExternalId>, ServiceError> {
        let linked = record.external_id.as_ref().or(self.desired.external_id.as_ref());
        let known = progress
            .created
            .clone()
            .or_else(|| linked.filter(|id| self.missing.as_ref().is_none_or(|(missing, _)| missing != *id)).cloned());
        let next_step = self.next_for(record, progress, known.as_ref()).await;
        match (&next_step, known) {
            // Purged long after its last subscription, or deleted in the vendor's portal: once that is proved, it is created
            // again, unless it has a live subscription.
            (Err(failure), Some(id))
                if failure.code() == ErrorCode::MissingAtVendor
                    && record.live_subscription.is_none()
                    && progress.created.is_none() =>
            {
                if !self.call.app.vendor.creates_account_on_first_order() {
                    ensure_provable(self.call, record, failure).await?;
                }
                self.missing = Some((id, failure.clone()));
                let search_first = Progress { check_before_create: true, ..progress.clone() };
                self.next_for(record, &search_first, None).await
            }
            _ => next_step,
        }
    }
}

impl AccountConvergence<'_> {
    async fn next_for(
        &mut self,
        record: &AccountRecord,
        progress: &Progress,
        known: Option<&ExternalId>,
    ) -> Result<NextStep<ExternalId>, ServiceError> {
        let desired = self.desired;
        if known.is_none() && progress.check_before_create && self.adopted.is_none() {
            let profile = &desired.profile;
            // If the vendor has no accounts, the denied id is one that we never gave out.
            let denied = self.missing.as_ref().filter(|_| !self.call.app.vendor.creates_account_on_first_order());
            let criteria = SearchCriteria {
                role: desired.role,
                email: Some(&profile.email),
                name: &profile.name,
                reference: &self.reference,
                denied: denied.map(|(id, _)| id),
            };
            let candidates =
                account_search::candidates(self.call, &record.key(), &criteria, SearchPurpose::Adopt).await?;
            if let Some((id, denial)) = denied {
                ensure_not_listed(&candidates, id, denial)?;
            }
            if let Some(found) = account_search::pick_for_adoption(&candidates)? {
                ensure_not_linked_elsewhere(self.call, &record.key(), None, &found.id).await?;
                ensure_not_referenced_elsewhere(self.call, &record.key(), desired.role, &found.id).await?;
                let ours = found.reference || progress.create_unconfirmed;
                self.adopted = Some(AdoptedAccount { id: found.id.clone(), ours });
            }
        }
        // An account that this call created has the profile that it was created with.
        let created_now = progress.created.is_some() && !progress.applied_steps.is_empty();
        let target = AccountTarget {
            role: desired.role,
            profile: &desired.profile,
            reseller_id: self.parent.reseller_id.as_deref(),
            profile_in_sync: if created_now {
                Some(true)
            } else {
                record.profile.as_ref().map(|profile| *profile == desired.profile.fingerprint())
            },
            id: known.or(self.adopted.as_ref().map(|adopted| &adopted.id)),
            reference: &self.reference,
            parent: self.parent.id.as_ref(),
        };
        self.call.app.vendor.next_for_account(&self.call.vendor_context(), &target, progress).await
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
