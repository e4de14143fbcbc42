//! Accounts: created, updated or linked at the vendor, looked for, and forgotten.

use crate::app::request::RequestContext;
use crate::domain::account::{AccountDetails, Role, DesiredAccount};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{AccountId, ExternalId};
use crate::domain::job::Job;
use crate::provisioning::account_search::{self, Purpose};
use crate::provisioning::converge::{Goal, settle};
use crate::provisioning::lease::{Extras, Lease, Turn};
use crate::store::{AccountKey, AccountRecord, Link, Target};
use crate::vendor::{AccountTarget, NextStep, Progress};

/// Makes the account at the vendor as `wish` says, and records it.
pub async fn synchronize(call: &RequestContext<'_>, wish: &DesiredAccount) -> Result<AccountRecord, ServiceError> {
    let key = AccountKey { application: call.application, account: wish.account.clone() };
    let under = under(call, wish).await?;
    let fingerprint = Fingerprint::hash(&("account", wish, &under.id, &under.reseller_id));
    let mut lease = match Lease::take(call, &key, Job::SyncAccount(wish.clone()), &fingerprint).await? {
        Turn::Done(record) => return Ok(*record),
        Turn::Mine(lease) => lease,
    };
    let mut goal = Synchronize { call, wish, under, reference: key.reference(), adopted: None, gone: None };
    match bring_about(call, wish, &mut lease, &mut goal).await {
        Ok(id) => {
            let created = lease.record.pending_created_id.is_some() || goal.adopted.is_some_and(|adopted| adopted.ours);
            let extras = Extras {
                link: link_account(&lease.record, &id),
                unlink: goal.gone.take().into_iter().collect(),
                ..Extras::default()
            };
            lease.record.created_by_us |= created;
            lease.record.external_id = Some(id);
            lease.record.profile = Some(wish.profile.fingerprint());
            lease.record.account_details = call.app.vendor.creates_account_on_first_order().then(|| AccountDetails::from_account(wish));
            lease.finish(fingerprint, extras).await
        }
        Err(failure) => {
            lease.give_back().await;
            Err(failure)
        }
    }
}

async fn bring_about(
    call: &RequestContext<'_>,
    wish: &DesiredAccount,
    lease: &mut Lease<'_>,
    goal: &mut Synchronize<'_>,
) -> Result<ExternalId, ServiceError> {
    consistent(call, &lease.record, wish).await?;
    if let Some(id) = &wish.external_id {
        unclaimed(call, &lease.record.key(), lease.record.external_id.as_ref(), id).await?;
    }
    lease.record.role = wish.role;
    settle(call, lease, goal).await
}

/// The link that leads from `id` to the account, unless it is there already.
pub fn link_account(record: &AccountRecord, id: &ExternalId) -> Vec<Link> {
    let target = Target::Account(record.id.clone());
    let known = record.external_id.as_ref() == Some(id);
    let link = Link { application: record.application, external_id: id.clone(), target };
    if known { Vec::new() } else { vec![link] }
}

/// Refuses to touch what another account of the BSS is linked with.
pub async fn unclaimed(
    call: &RequestContext<'_>,
    key: &AccountKey,
    recorded: Option<&ExternalId>,
    id: &ExternalId,
) -> Result<(), ServiceError> {
    if recorded == Some(id) {
        return Ok(());
    }
    match call.app.store.link(call.application, id).await? {
        Some(Target::Account(other)) if other != key.account => Err(ServiceError::new(
            ErrorCode::ExternalIdTaken,
            format!(
                "{id} at the vendor is linked with the account {other} of the platform. Delete that account first, or use another email address."
            ),
        )),
        Some(Target::Account(_) | Target::Subscription(_)) | None => Ok(()),
    }
}

/// Ends the billing of an account without live subscriptions, if we made it, and forgets it.
pub async fn delete(call: &RequestContext<'_>, account: AccountId) -> Result<(), ServiceError> {
    let key = AccountKey { application: call.application, account };
    // Nothing on record: forgotten already, or never ours. What is at the vendor is not touched.
    let Some(record) = call.app.store.account(&key).await? else { return Ok(()) };
    unsubscribed(&record)?;
    let fingerprint = Fingerprint::hash(&("delete", &key.account));
    let mut lease = match Lease::take(call, &key, Job::DeleteAccount(key.account.clone()), &fingerprint).await? {
        Turn::Done(_) => return Ok(()),
        Turn::Mine(lease) => lease,
    };
    let mut goal = Remove { call, adopted: None };
    let reached = match unsubscribed(&lease.record) {
        Ok(()) => settle(call, &mut lease, &mut goal).await,
        Err(refusal) => Err(refusal),
    };
    match reached {
        Ok(()) => lease.forget().await,
        Err(failure) => {
            lease.give_back().await;
            Err(failure)
        }
    }
}

fn unsubscribed(record: &AccountRecord) -> Result<(), ServiceError> {
    match &record.live_subscription {
        None => Ok(()),
        Some(subscription) => Err(ServiceError::new(
            ErrorCode::SubscriptionLive,
            format!(
                "The account has the live subscription {subscription}. Cancel the subscription first, then delete the account."
            ),
        )),
    }
}

/// The reseller that an account belongs to.
#[derive(Debug, Default)]
struct Under {
    /// The vendor's id of it.
    id: Option<ExternalId>,
    /// Its id in the vendor's partner portal, or that of the account without a reseller.
    reseller_id: Option<String>,
}

async fn under(call: &RequestContext<'_>, wish: &DesiredAccount) -> Result<Under, ServiceError> {
    let Some(reseller) = &wish.reseller else {
        return Ok(Under { id: None, reseller_id: wish.reseller_id.clone() });
    };
    let key = AccountKey { application: call.application, account: reseller.account.clone() };
    let record = call.app.store.account(&key).await?.filter(|record| record.role == Role::Reseller);
    let (id, particulars) = record.map_or((None, None), |record| (record.external_id, record.account_details));
    // Where the vendor knows no accounts, only our record says that there is a reseller.
    let by_word = reseller.external_id.clone().filter(|_| !call.app.vendor.creates_account_on_first_order());
    let id = id.or(by_word).ok_or_else(|| {
        ServiceError::new(
            ErrorCode::ResellerUnknown,
            format!("The account's reseller ({}) is not synchronized. Synchronize the reseller first (role Reseller), then this account.", reseller.account),
        )
    })?;
    let of_reseller = particulars.and_then(|particulars| particulars.reseller_id);
    match (&wish.reseller_id, of_reseller) {
        (Some(stated), Some(of_reseller)) if *stated != of_reseller => Err(ServiceError::new(
            ErrorCode::ResellerIdInvalid,
            format!(
                "The Reseller ID is {stated}, and that of the account's reseller is {of_reseller}. Mend it in the account's Sync Options, or leave it blank."
            ),
        )),
        (stated, of_reseller) => Ok(Under { id: Some(id), reseller_id: of_reseller.or_else(|| stated.clone()) }),
    }
}

/// What was settled at the first synchronization does not change.
async fn consistent(call: &RequestContext<'_>, record: &AccountRecord, wish: &DesiredAccount) -> Result<(), ServiceError> {
    if record.role != wish.role && (record.external_id.is_some() || record.pending_step.is_some()) {
        return Err(ServiceError::new(
            ErrorCode::RoleInvalid,
            "The role of an account that was synchronized, or nearly, can't be changed. Set it back, or delete the account and create it anew.",
        ));
    }
    let Some(id) = &record.external_id else { return Ok(()) };
    let Some(other) = wish.external_id.as_ref().filter(|other| *other != id) else { return Ok(()) };
    match call.app.vendor.get_account(&call.session(), wish.role, other, Some(record)).await? {
        // It was made anew, and the platform has not heard of that yet.
        None => Ok(()),
        Some(_) => Err(ServiceError::new(
            ErrorCode::Ambiguous,
            format!(
                "The platform has this account linked with {other}, the service manager with {id}. Delete the account and create it anew to link it with another one."
            ),
        )),
    }
}

struct Synchronize<'a> {
    call: &'a RequestContext<'a>,
    wish: &'a DesiredAccount,
    under: Under,
    reference: String,
    adopted: Option<Adopted>,
    /// What the account was linked with and is not at the vendor any more.
    gone: Option<ExternalId>,
}

/// What was found at the vendor instead of being created.
#[derive(Clone, Debug)]
struct Adopted {
    id: ExternalId,
    /// Whether a create of ours made it; otherwise it was there before us, and is linked.
    ours: bool,
}

impl Goal for Synchronize<'_> {
    type Reached = ExternalId;

    async fn next(&mut self, record: &AccountRecord, progress: &Progress) -> Result<NextStep<ExternalId>, ServiceError> {
        let linked = record.external_id.as_ref().or(self.wish.external_id.as_ref());
        let known = progress.created.clone().or_else(|| linked.filter(|id| self.gone.as_ref() != Some(id)).cloned());
        let next = self.next_for(record, progress, known.as_ref()).await;
        match (&next, known) {
            // Purged long after its last subscription, or deleted in the portal: it is made anew, unless it still sells.
            (Err(failure), Some(id))
                if failure.code() == ErrorCode::MissingAtVendor && record.live_subscription.is_none() && progress.created.is_none() =>
            {
                self.gone = Some(id);
                let look_first = Progress { check_before_create: true, ..progress.clone() };
                self.next_for(record, &look_first, None).await
            }
            _ => next,
        }
    }
}

impl Synchronize<'_> {
    async fn next_for(
        &mut self,
        record: &AccountRecord,
        progress: &Progress,
        known: Option<&ExternalId>,
    ) -> Result<NextStep<ExternalId>, ServiceError> {
        let wish = self.wish;
        if known.is_none() && progress.check_before_create && self.adopted.is_none() {
            let profile = &wish.profile;
            let candidates = account_search::candidates(
                self.call,
                &record.key(),
                wish.role,
                Some(&profile.email),
                &profile.name,
                Purpose::Adopt,
            )
            .await?;
            if let Some(found) = account_search::to_adopt(&candidates)? {
                unclaimed(self.call, &record.key(), None, &found.id).await?;
                let ours = found.reference || progress.create_unconfirmed;
                self.adopted = Some(Adopted { id: found.id.clone(), ours });
            }
        }
        // What a create of this run made has the profile that it was made with.
        let made_now = progress.created.is_some() && !progress.applied_steps.is_empty();
        let goal = AccountTarget {
            role: wish.role,
            profile: &wish.profile,
            reseller_id: self.under.reseller_id.as_deref(),
            profile_in_sync: if made_now {
                Some(true)
            } else {
                record.profile.as_ref().map(|told| *told == wish.profile.fingerprint())
            },
            id: known.or(self.adopted.as_ref().map(|adopted| &adopted.id)),
            reference: &self.reference,
            parent: self.under.id.as_ref(),
        };
        self.call.app.vendor.next_for_account(&self.call.session(), &goal, progress).await
    }
}

struct Remove<'a> {
    call: &'a RequestContext<'a>,
    adopted: Option<ExternalId>,
}

impl Goal for Remove<'_> {
    type Reached = ();

    async fn next(&mut self, record: &AccountRecord, progress: &Progress) -> Result<NextStep<()>, ServiceError> {
        if record.external_id.is_none() && progress.created.is_none() && progress.check_before_create && self.adopted.is_none() {
            let candidates =
                account_search::candidates(self.call, &record.key(), record.role, None, "", Purpose::Adopt).await?;
            self.adopted = account_search::to_adopt(&candidates)?.map(|found| found.id.clone());
        }
        // One that was linked, not made by us, was there before and stays.
        let ours = record.external_id.as_ref().filter(|_| record.created_by_us);
        match ours.or(progress.created.as_ref()).or(self.adopted.as_ref()) {
            Some(id) => self.call.app.vendor.next_for_removal(&self.call.session(), record.role, id).await,
            None => Ok(NextStep::Converged(())),
        }
    }
}
