//! Accounts: create, update or link an account at the vendor.

use crate::app::request::RequestContext;
use crate::domain::account::{AccountDetails, DesiredAccount, Role};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{ApplicationId, ExternalId};
use crate::domain::job::Job;
use crate::domain::vendor_id::VendorId;
use crate::provisioning::absence::{ensure_not_listed, ensure_provable, ensure_unlisted};
use crate::provisioning::account_search::{self, SearchPurpose};
use crate::provisioning::converge::{Convergence, converge};
use crate::provisioning::lease::{CommitExtras, Lease, LeaseOutcome};
use crate::provisioning::ownership::{account_object, ensure_not_linked_elsewhere, ensure_not_referenced_elsewhere};
use crate::store::{AccountKey, AccountRecord, Link, Store, StoreError, Target};
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
    let mut convergence = AccountConvergence::new(call, desired, parent, key.reference());
    if let Some(record) = call.app.store.account(&key).await?.filter(|record| is_recorded(call, record, &fingerprint)) {
        call.ids.record_organization(&record);
        if is_unchanged(&mut convergence, &record).await? {
            call.save_credentials().await;
            return Ok(record);
        }
    }
    let mut lease = match Lease::acquire(call, &key, Job::SyncAccount(desired.clone()), &fingerprint).await? {
        LeaseOutcome::AlreadyApplied(record) => return Ok(*record),
        LeaseOutcome::Acquired(lease) => lease,
    };
    convergence.profile_in_doubt = lease.record.profile_in_doubt || lease.has_unfinished_synchronization();
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

/// Returns `true` if the desired state of `fingerprint` was the last that was applied to the account, and nothing is in flight.
fn is_recorded(call: &RequestContext<'_>, record: &AccountRecord, fingerprint: &Fingerprint) -> bool {
    let is_linked = record.external_id.is_some() && record.instance.is_some();
    let is_last = record.last_applied.as_ref() == Some(fingerprint);
    record.is_settled() && !record.profile_in_doubt && is_linked && is_last && call.recovering.is_none()
}

/// Returns `true` if the vendor shows what `record` says, so that a repeated synchronization changes nothing. Nothing is
/// written then, and no lease is needed.
async fn is_unchanged(convergence: &mut AccountConvergence<'_>, record: &AccountRecord) -> Result<bool, ServiceError> {
    let AccountConvergence { call, desired, .. } = convergence;
    check_immutable_fields(call, record, desired).await?;
    let Some(id) = &record.external_id else { return Ok(false) };
    ensure_not_linked_elsewhere(call, &record.key(), Some(record), id).await?;
    let vendor = &call.app.vendor;
    let is_shown =
        vendor.creates_account_on_first_order() || record.shown_to == vendor.partner_id(&call.vendor_context())?;
    match convergence.next_for(record, &Progress::default(), Some(id)).await {
        Ok(NextStep::Converged(shown)) => Ok(is_shown && shown == *id),
        Ok(NextStep::Apply(_)) => Ok(false),
        // What a denial means is decided under the lease.
        Err(failure) if failure.code() == ErrorCode::MissingAtVendor => Ok(false),
        Err(failure) => Err(failure),
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

/// Returns the Reseller ID of an account with `details`: that of its reseller's own record, if there is one, else its own.
pub(super) async fn current_reseller_id(
    store: &Store,
    application: ApplicationId,
    details: &AccountDetails,
) -> Result<Option<String>, StoreError> {
    let reseller = match &details.reseller {
        Some(reseller) => store.account(&AccountKey { application, account: reseller.clone() }).await?,
        None => None,
    };
    let of_reseller = reseller.and_then(|reseller| reseller.account_details?.reseller_id);
    Ok(of_reseller.or_else(|| details.reseller_id.clone()))
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
    /// `true` if the vendor may have another profile, which an earlier call sent.
    profile_in_doubt: bool,
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

impl<'a> AccountConvergence<'a> {
    fn new(
        call: &'a RequestContext<'a>,
        desired: &'a DesiredAccount,
        parent: ParentReseller,
        reference: String,
    ) -> Self {
        Self { call, desired, parent, reference, profile_in_doubt: false, adopted: None, missing: None }
    }

    /// Returns `true` if the vendor has the desired profile for certain, `false` if it may have another one, and `None` if
    /// only its row can tell.
    fn profile_in_sync(&self, record: &AccountRecord, progress: &Progress) -> Option<bool> {
        // An account that this call created has the profile that it was created with.
        if progress.created.is_some() && !progress.applied_steps.is_empty() {
            return Some(true);
        }
        if self.profile_in_doubt {
            return Some(false);
        }
        record.profile.as_ref().map(|profile| *profile == self.desired.profile.fingerprint())
    }

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
        let target = AccountTarget {
            role: desired.role,
            profile: &desired.profile,
            reseller_id: self.parent.reseller_id.as_deref(),
            profile_in_sync: self.profile_in_sync(record, progress),
            id: known.or(self.adopted.as_ref().map(|adopted| &adopted.id)),
            reference: &self.reference,
            parent: self.parent.id.as_ref(),
        };
        self.call.app.vendor.next_for_account(&self.call.vendor_context(), &target, progress).await
    }
}
