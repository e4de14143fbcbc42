//! Subscriptions and their add-ons: provisions an order under the account's lease. The rules here hold for every vendor.

use crate::app::request::RequestContext;
use crate::domain::account::Role;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{AccountId, ExternalId, SubscriptionId};
use crate::domain::job::Job;
use crate::domain::msp::MspId;
use crate::domain::order::{Order, OrderKind};
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::domain::vendor_id::{Instance, VendorId};
use crate::provisioning::accounts::link_account;
use crate::provisioning::converge::{Convergence, converge};
use crate::provisioning::lease::{CommitExtras, Lease, LeaseOutcome, PendingTenant};
use crate::provisioning::order_history;
use crate::provisioning::ownership::{
    account_object, ensure_not_linked_elsewhere, ensure_not_referenced_elsewhere, ensure_not_sold_in_portal,
};
use crate::provisioning::provisioned_subscription::ProvisionedSubscription;
use crate::provisioning::subscription_convergence::SubscriptionConvergence;
use crate::provisioning::subscription_target::{
    OrderTarget, bss_external_id, named_records, resolve_target, subscription, vendor_id,
};
use crate::provisioning::subscription_transition::{Remaining, ensure_fits, remaining};
use crate::provisioning::unrecorded::{end_unrecorded, end_without_account, never_provisioned};
use crate::store::{AccountKey, AccountRecord, AgreementLink, Link, NewHistoryEntry, StoreError, Target, VendorTenant};
use crate::vendor::{NextStep, Progress};

/// Provisions `order`. With `CheckOnly`, only checks that the order is possible.
pub async fn provision_subscription(
    call: &RequestContext<'_>,
    order: &Order,
) -> Result<ProvisionedSubscription, ServiceError> {
    let key_of = |account: &AccountId| AccountKey { application: call.application, account: account.clone() };
    let (named, record) = Box::pin(named_records(call, order)).await?;
    let Some(OrderTarget { id, account, record }) = resolve_target(call, order, record).await? else {
        return Ok(ProvisionedSubscription::unwritten(never_provisioned(order)?, None));
    };
    let key = key_of(&account);
    call.ids.record(|ids| ids.account = Some(key.account.to_string()));
    // Checked before anything is written, so that an order for an unknown account leaves no record.
    let account = match &order.account {
        Some(_) => named.clone(),
        None => call.app.store.account(&key).await?,
    };
    if let Some(account) = &account {
        call.ids.record_organization(account);
    }
    let vendor_id = match vendor_id(call, account.as_ref(), order) {
        Err(failure) if failure.code() == ErrorCode::AccountUnknown && order.is_termination() => {
            let external_id = end_without_account(call, order, &id, failure).await?;
            return Ok(ProvisionedSubscription::unwritten(external_id, record));
        }
        id => id?,
    };
    if order.check_only {
        let account = account.unwrap_or_else(|| AccountRecord::new(&key, call.now()));
        return Box::pin(check(call, order, &id, &account, vendor_id, record)).await;
    }
    let fingerprint = Fingerprint::hash(&(order.kind, &id, &order.desired, &order.account_details));
    if let Some(account) = account.filter(|account| account.is_settled() && call.recovering.is_none())
        && let Some(external_id) =
            answer_without_change(call, order, &id, &account, record.as_ref(), &vendor_id, &fingerprint).await?
    {
        call.save_credentials().await;
        return Ok(ProvisionedSubscription::unwritten(external_id, record));
    }
    let job = Job::ProvisionSubscription(order.clone());
    let acquired = Box::pin(Lease::acquire(call, &key, job, &fingerprint));
    let company = async { if begins(order) { call.app.store.agreement(&key).await } else { Ok(None) } };
    let (acquired, company, msp) = Box::pin(futures::future::join3(acquired, company, order_history::msp(call))).await;
    let mut lease = match acquired? {
        LeaseOutcome::AlreadyApplied(account) => {
            let current = subscription(call, &id).await?;
            let external_id = bss_external_id(current.as_ref(), &id, account.tenant.as_ref(), &vendor_id);
            return Ok(ProvisionedSubscription::unwritten(external_id, current));
        }
        LeaseOutcome::Acquired(lease) => lease,
    };
    let current = match named {
        Some(account) if lease.follows(&account) => Ok(record),
        _ => subscription(call, &id).await,
    };
    let outcome = match current {
        Ok(current) => Box::pin(provision(call, order, &id, &mut lease, current, company, msp)).await,
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(Outcome::NoOp(unchanged)) => {
            if lease.is_retry_of(&fingerprint) {
                Box::pin(lease.commit(fingerprint, CommitExtras::default())).await?;
            } else {
                lease.release_unchanged().await;
            }
            Ok(*unchanged)
        }
        Ok(Outcome::Changed(changed)) => {
            let extras = CommitExtras {
                subscription: changed.subscription.as_ref(),
                link: changed.link,
                unlink: changed.unlink,
                pending_tenant: changed.pending_tenant,
                recheck: changed.recheck,
                history: changed.history,
            };
            Box::pin(lease.commit(fingerprint, extras)).await?;
            Ok(ProvisionedSubscription {
                external_id: changed.external_id,
                record: changed.subscription,
                is_applied: true,
            })
        }
        Err(failure) => {
            // The next look at the trial orders again, from what the vendor shows then.
            let is_repeated = order.of_version.is_some() && !failure.code().is_transient();
            if is_repeated && call.recovering.is_some() && !leaves_unread(&lease, &failure) {
                Box::pin(lease.discard()).await;
            } else {
                Box::pin(lease.release()).await;
            }
            Err(failure)
        }
    }
}

/// Returns `true` if an earlier call may have carried out the order, and `failure` is that the vendor does not show it.
fn leaves_unread(lease: &Lease<'_>, failure: &ServiceError) -> bool {
    let is_unread = matches!(failure.code(), ErrorCode::CredentialsRefused | ErrorCode::MissingAtVendor);
    lease.has_unfinished_predecessor() && is_unread
}

/// Returns the subscription's external id if `order` has nothing to do for an account on which no call works: what it ends has
/// ended, or it was the last that was applied. Then nothing of the account changes, and no lease is needed.
async fn answer_without_change(
    call: &RequestContext<'_>,
    order: &Order,
    id: &SubscriptionId,
    account: &AccountRecord,
    current: Option<&SubscriptionRecord>,
    vendor_id: &ExternalId,
    fingerprint: &Fingerprint,
) -> Result<Option<ExternalId>, ServiceError> {
    match remaining(order, current, account, id, vendor_id) {
        Remaining::Nothing => Ok(Some(bss_external_id(current, id, account.tenant.as_ref(), vendor_id))),
        Remaining::Verify => {
            ensure_may_sell(call, account, vendor_id).await?;
            let (vendor_id, current) = (vendor_id.clone(), current.cloned());
            let mut convergence = SubscriptionConvergence::new(call, order, account, vendor_id, current).await?;
            let next = convergence.next_step(account, &Progress::default()).await?;
            Ok(matches!(next, NextStep::Converged(None)).then(|| convergence.bss_external_id(id)))
        }
        Remaining::All => match current.filter(|current| is_recorded(account, current, vendor_id, fingerprint)) {
            Some(current) if is_unchanged(call, order, account, current, vendor_id).await? => {
                Ok(Some(current.external_id.clone()))
            }
            Some(_) | None => Ok(None),
        },
        Remaining::Unrecorded => Ok(None),
    }
}

/// Returns `true` if the order of `fingerprint` was the last that was applied to its account.
fn is_recorded(
    account: &AccountRecord,
    current: &SubscriptionRecord,
    vendor_id: &ExternalId,
    fingerprint: &Fingerprint,
) -> bool {
    let is_linked = account.external_id.as_ref() == Some(vendor_id) && account.instance.is_some();
    let is_live = account.live_subscription.as_ref() == Some(&current.id);
    is_linked && is_live && account.last_applied.as_ref() == Some(fingerprint)
}

/// Returns `true` if the vendor shows what `current` records, so that a repeated order changes nothing.
async fn is_unchanged(
    call: &RequestContext<'_>,
    order: &Order,
    account: &AccountRecord,
    current: &SubscriptionRecord,
    vendor_id: &ExternalId,
) -> Result<bool, ServiceError> {
    ensure_fits(call, order.kind, Some(current), account, &current.id).await?;
    ensure_may_sell(call, account, vendor_id).await?;
    // The settings with which a renewal or the end of a trial is read are those of the last order.
    if current.is_read_with_others(&call.credentials_id()) {
        return Ok(false);
    }
    let recorded = Some(current.clone());
    let mut convergence = SubscriptionConvergence::new(call, order, account, vendor_id.clone(), recorded).await?;
    let NextStep::Converged(provisioned) = convergence.next_step(account, &Progress::default()).await? else {
        return Ok(false);
    };
    let shows_nothing = provisioned.is_none() && call.app.vendor.creates_account_on_first_order();
    let state = convergence.state_after(provisioned.as_ref());
    let record = convergence.record(&current.id, account, provisioned, current.updated_at);
    let is_current = record.is_some_and(|record| SubscriptionRecord { version: current.version, ..record } == *current);
    let is_shown = shows_nothing || account.shown_to == call.app.vendor.partner_id(&call.vendor_context())?;
    let is_same_tenant = convergence.gone.is_none() && convergence.tenant_after(state) == account.tenant;
    Ok(is_current && is_shown && is_same_tenant)
}

enum Outcome {
    /// There was nothing to do.
    NoOp(Box<ProvisionedSubscription>),
    Changed(Box<Changed>),
}

/// Records to commit after the convergence.
struct Changed {
    external_id: ExternalId,
    subscription: Option<SubscriptionRecord>,
    link: Vec<Link>,
    unlink: Vec<VendorId>,
    pending_tenant: PendingTenant,
    /// `true` if the vendor did not have the object any more.
    recheck: bool,
    history: Option<NewHistoryEntry>,
}

async fn provision(
    call: &RequestContext<'_>,
    order: &Order,
    id: &SubscriptionId,
    lease: &mut Lease<'_>,
    current: Option<SubscriptionRecord>,
    company: Result<Option<AgreementLink>, StoreError>,
    msp: Result<Option<MspId>, StoreError>,
) -> Result<Outcome, ServiceError> {
    let vendor_id = vendor_id(call, Some(&lease.record), order)?;
    let was_activated =
        order.ends_at.is_some() && order.ends_at != current.as_ref().and_then(|current| current.ends_at);
    let is_outdated =
        order.of_version.is_some_and(|version| current.as_ref().is_none_or(|current| current.version != version));
    let remaining = match remaining(order, current.as_ref(), &lease.record, id, &vendor_id) {
        _ if was_activated || is_outdated => Remaining::Nothing,
        remaining => remaining,
    };
    match remaining {
        Remaining::Nothing => {
            let external_id = bss_external_id(current.as_ref(), id, lease.record.tenant.as_ref(), &vendor_id);
            return Ok(Outcome::NoOp(Box::new(ProvisionedSubscription::unwritten(external_id, current))));
        }
        Remaining::Unrecorded => {
            let external_id = end_unrecorded(call, order, id, &lease.record).await?;
            return Ok(Outcome::NoOp(Box::new(ProvisionedSubscription::unwritten(external_id, None))));
        }
        Remaining::Verify | Remaining::All => {}
    }
    ensure_fits(call, order.kind, current.as_ref(), &lease.record, id).await?;
    lease.record.created_by_us |= ensure_may_sell(call, &lease.record, &vendor_id).await?;
    ensure_not_sold_in_portal(call, &lease.record, company?).await?;
    let msp = msp?;
    let object = account_object(call, &vendor_id)?;
    // Linked while a create of ours was unconfirmed: that create made it.
    lease.record.created_by_us |= lease.record.external_id.is_none() && lease.has_unfinished_predecessor();
    let mut link = link_account(&lease.record, &object);
    let convergence = &mut SubscriptionConvergence::new(call, order, &lease.record, vendor_id.clone(), current).await?;
    if remaining == Remaining::Verify
        && let NextStep::Converged(None) = convergence.next_step(&lease.record, &Progress::default()).await?
    {
        let external_id = convergence.bss_external_id(id);
        let unchanged = ProvisionedSubscription::unwritten(external_id, convergence.current.clone());
        return Ok(Outcome::NoOp(Box::new(unchanged)));
    }
    convergence.ensure_login_available(&lease.record).await?;
    if order.kind.state() == SubscriptionState::Live {
        // From here on the subscription may be live, whatever the outcome.
        lease.record.live_subscription = Some(id.clone());
    }
    let provisioned = converge(call, lease, convergence).await?;
    let is_read = convergence.gone.is_none() && !call.app.vendor.creates_account_on_first_order();
    if provisioned.is_some() || is_read {
        lease.record.shown_to = call.app.vendor.partner_id(&call.vendor_context())?;
    }
    lease.record.external_id = Some(vendor_id);
    let state = convergence.state_after(provisioned.as_ref());
    if order.kind.state() == SubscriptionState::Cancelled {
        lease.record.live_subscription = (state == SubscriptionState::Live).then(|| id.clone());
    }
    let (pending_tenant, tenant_links, unlink) = tenant_link_changes(&lease.record, convergence.tenant_after(state));
    lease.record.instance = Some(object.instance);
    link.extend(tenant_links);
    let mut subscription = convergence.record(id, &lease.record, provisioned, call.now());
    let credentials_id = lease.record.job.as_ref().and_then(|in_flight| in_flight.credentials_id.as_ref());
    if let (Some(record), Some(credentials_id)) = (&mut subscription, credentials_id) {
        record.set_credentials(credentials_id);
    }
    let external_id = convergence.bss_external_id(id);
    let is_found_by_id = SubscriptionId::in_external_id(&external_id).as_ref() == Some(id);
    let linked = subscription.as_ref().filter(|_| convergence.current.is_none() && !is_found_by_id);
    link.extend(linked.map(|record| Link {
        application: record.application,
        external_id: external_id.clone(),
        instance: Instance::Own,
        target: Target::Subscription(id.clone()),
    }));
    let (before, after) = (convergence.current.as_ref(), subscription.as_ref());
    let history = order_history::entry(call, msp, order, &lease.record, before, after);
    Ok(Outcome::Changed(Box::new(Changed {
        external_id,
        subscription,
        link,
        unlink,
        pending_tenant,
        recheck: order.kind.state() == SubscriptionState::Cancelled
            && convergence.gone.is_some()
            && call.recovering.is_none(),
        history,
    })))
}

/// Returns the resolution of a pending tenant, the links to add and the links to remove. `found` is the account's tenant
/// from here on.
fn tenant_link_changes(
    record: &AccountRecord,
    found: Option<VendorTenant>,
) -> (PendingTenant, Vec<Link>, Vec<VendorId>) {
    let before: Vec<_> = record.tenant.iter().flat_map(VendorTenant::links).collect();
    let now: Vec<_> = found.as_ref().map_or_else(|| before.clone(), |tenant| tenant.links().collect());
    let target = Target::Account(record.id.clone());
    // All settings lead to one instance of Dropbox, which alone has tenants.
    let link = |external_id| Link {
        application: record.application,
        external_id,
        instance: Instance::Own,
        target: target.clone(),
    };
    // Of a record of an earlier release no link stands in the whole table.
    let is_linked = |id: &ExternalId| record.instance.is_some() && before.contains(id);
    let missing = now.iter().filter(|id| !is_linked(id)).cloned().map(link).collect();
    let ended = before.into_iter().filter(|id| !now.contains(id)).map(VendorId::own).collect();
    (PendingTenant::Resolve(found), missing, ended)
}

/// Refuses an order for what another account, or another channel, has. Returns `true` if the vendor's object turned out to be
/// one that we created for the account.
async fn ensure_may_sell(
    call: &RequestContext<'_>,
    account: &AccountRecord,
    vendor_id: &ExternalId,
) -> Result<bool, ServiceError> {
    ensure_not_linked_elsewhere(call, &account.key(), Some(account), vendor_id).await?;
    Ok(account.external_id.is_none()
        && ensure_not_referenced_elsewhere(call, &account.key(), Role::User, vendor_id).await?)
}

/// Returns `true` if an order may begin a subscription.
const fn begins(order: &Order) -> bool {
    matches!(order.kind, OrderKind::Create | OrderKind::Activate)
}

async fn check(
    call: &RequestContext<'_>,
    order: &Order,
    id: &SubscriptionId,
    account: &AccountRecord,
    vendor_id: ExternalId,
    current: Option<SubscriptionRecord>,
) -> Result<ProvisionedSubscription, ServiceError> {
    match remaining(order, current.as_ref(), account, id, &vendor_id) {
        Remaining::Nothing => {
            let external_id = bss_external_id(current.as_ref(), id, account.tenant.as_ref(), &vendor_id);
            return Ok(ProvisionedSubscription::unwritten(external_id, current));
        }
        Remaining::Unrecorded => {
            let external_id = end_unrecorded(call, order, id, account).await?;
            return Ok(ProvisionedSubscription::unwritten(external_id, None));
        }
        Remaining::Verify | Remaining::All => {}
    }
    ensure_fits(call, order.kind, current.as_ref(), account, id).await?;
    ensure_may_sell(call, account, &vendor_id).await?;
    if begins(order) {
        ensure_not_sold_in_portal(call, account, call.app.store.agreement(&account.key()).await?).await?;
    }
    let mut convergence = SubscriptionConvergence::new(call, order, account, vendor_id, current).await?;
    convergence.ensure_login_available(account).await?;
    let next = convergence.next_step(account, &Progress::default()).await?;
    Ok(convergence.expected(id, account, next))
}
