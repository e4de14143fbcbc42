//! Subscriptions and their add-ons: provisions an order under the account's lease. The rules here hold for every vendor.

use jiff::{SignedDuration, Timestamp};

use crate::app::request::RequestContext;
use crate::domain::account::{AccountDetails, Role};
use crate::domain::entitlements::Entitlements;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{AccountId, ExternalId, SubscriptionId};
use crate::domain::job::Job;
use crate::domain::order::{Order, OrderKind};
use crate::domain::subscription_record::{AddonRecord, Billed, SubscriptionRecord, SubscriptionState};
use crate::provisioning::accounts::{ensure_not_linked_elsewhere, link_account};
use crate::provisioning::converge::{Convergence, converge};
use crate::provisioning::lease::{CommitExtras, Lease, LeaseOutcome, PendingTenant};
use crate::store::{AccountKey, AccountRecord, Link, PendingTenantCreate, SubscriptionKey, Target, VendorTenant};
use crate::vendor::{NextStep, Progress, Provisioned, SubscriptionTarget};

/// Provisions `order` and returns the external id of the subscription for the BSS. With `CheckOnly`, only checks that the
/// order is possible.
pub async fn provision_subscription(call: &RequestContext<'_>, order: &Order) -> Result<ExternalId, ServiceError> {
    let Some((id, account)) = resolve_target(call, order).await? else {
        // Never provisioned: there is nothing to cancel.
        return missing_subscription_result(order);
    };
    let key = AccountKey { application: call.application, account };
    // Checked before anything is written, so that an order for an unknown account leaves no record.
    let account = call.app.store.account(&key).await?;
    let vendor_id = match vendor_id(call, account.as_ref(), order) {
        Err(failure) if failure.code() == ErrorCode::AccountUnknown && order.is_termination() => {
            return missing_subscription_result(order);
        }
        known => known?,
    };
    if order.check_only {
        let account = account.unwrap_or_else(|| AccountRecord::new(&key, call.now()));
        return Box::pin(check(call, order, &id, &account, vendor_id)).await;
    }
    let fingerprint = Fingerprint::hash(&(order.kind, &id, &order.desired, &order.account_details));
    let mut lease = match Lease::acquire(call, &key, Job::ProvisionSubscription(order.clone()), &fingerprint).await? {
        LeaseOutcome::AlreadyApplied(record) => {
            let current = subscription(call, &id).await?;
            return Ok(bss_external_id(current.as_ref(), &id, record.tenant.as_ref(), &vendor_id));
        }
        LeaseOutcome::Acquired(lease) => lease,
    };
    match Box::pin(provision(call, order, &id, &mut lease)).await {
        Ok(Outcome::AlreadySo(id)) => {
            if lease.is_retry_of(&fingerprint) {
                Box::pin(lease.commit(fingerprint, CommitExtras::default())).await?;
            } else {
                lease.release().await;
            }
            Ok(id)
        }
        Ok(Outcome::Changed(done)) => {
            let extras = CommitExtras {
                subscription: done.subscription.as_ref(),
                link: done.link,
                unlink: done.unlink,
                pending_tenant: done.doubt,
            };
            Box::pin(lease.commit(fingerprint, extras)).await?;
            Ok(done.external_id)
        }
        Err(failure) => {
            Box::pin(lease.release()).await;
            Err(failure)
        }
    }
}

enum Outcome {
    /// There was nothing to do. The value is the subscription's external id.
    AlreadySo(ExternalId),
    Changed(Box<Changed>),
}

/// Records to commit after the convergence.
struct Changed {
    external_id: ExternalId,
    subscription: Option<SubscriptionRecord>,
    link: Vec<Link>,
    unlink: Vec<ExternalId>,
    doubt: PendingTenant,
}

async fn provision(
    call: &RequestContext<'_>,
    order: &Order,
    id: &SubscriptionId,
    lease: &mut Lease<'_>,
) -> Result<Outcome, ServiceError> {
    let current = subscription(call, id).await?;
    let vendor_id = vendor_id(call, Some(&lease.record), order)?;
    if is_no_op(order, current.as_ref(), &lease.record, id) {
        return Ok(Outcome::AlreadySo(bss_external_id(current.as_ref(), id, lease.record.tenant.as_ref(), &vendor_id)));
    }
    check_transition(order.kind, current.as_ref(), &lease.record, id)?;
    ensure_not_linked_elsewhere(call, &lease.record.key(), lease.record.external_id.as_ref(), &vendor_id).await?;
    // Linked while a create of ours was unconfirmed: that create made it.
    lease.record.created_by_us |= lease.record.external_id.is_none() && lease.has_unfinished_predecessor();
    let mut link = link_account(&lease.record, &vendor_id);
    let goal = &mut SubscriptionConvergence::new(call, order, &lease.record, vendor_id.clone(), current).await?;
    goal.ensure_login_available(&lease.record).await?;
    if order.kind.state() == SubscriptionState::Live {
        // From here on the subscription may be live, whatever the outcome.
        lease.record.live_subscription = Some(id.clone());
    }
    let provisioned = converge(call, lease, goal).await?;
    lease.record.external_id = Some(vendor_id);
    if order.kind.state() == SubscriptionState::Cancelled {
        lease.record.live_subscription = None;
    }
    let (doubt, of_tenant, unlink) = tenant_link_changes(&lease.record, goal.tenant_after(order.kind.state()));
    link.extend(of_tenant);
    let subscription = goal.record(id, &lease.record, provisioned, call.now());
    let external_id = goal.bss_external_id(id);
    link.extend(subscription.as_ref().filter(|_| goal.current.is_none()).map(|record| Link {
        application: record.application,
        external_id: external_id.clone(),
        target: Target::Subscription(id.clone()),
    }));
    Ok(Outcome::Changed(Box::new(Changed { external_id, subscription, link, unlink, doubt })))
}

/// Returns the resolution of a pending tenant, the links to add and the links to remove. `found` is the account's tenant
/// from here on.
fn tenant_link_changes(
    record: &AccountRecord,
    found: Option<VendorTenant>,
) -> (PendingTenant, Vec<Link>, Vec<ExternalId>) {
    let before: Vec<_> = record.tenant.iter().flat_map(VendorTenant::links).collect();
    let now: Vec<_> = found.as_ref().map_or_else(|| before.clone(), |tenant| tenant.links().collect());
    let target = Target::Account(record.id.clone());
    let link = |external_id| Link { application: record.application, external_id, target: target.clone() };
    let missing = now.iter().filter(|id| !before.contains(id)).cloned().map(link).collect();
    let ended = before.into_iter().filter(|id| !now.contains(id)).collect();
    (PendingTenant::Resolve(found), missing, ended)
}

async fn check(
    call: &RequestContext<'_>,
    order: &Order,
    id: &SubscriptionId,
    account: &AccountRecord,
    vendor_id: ExternalId,
) -> Result<ExternalId, ServiceError> {
    let current = subscription(call, id).await?;
    if is_no_op(order, current.as_ref(), account, id) {
        return Ok(bss_external_id(current.as_ref(), id, account.tenant.as_ref(), &vendor_id));
    }
    check_transition(order.kind, current.as_ref(), account, id)?;
    ensure_not_linked_elsewhere(call, &account.key(), account.external_id.as_ref(), &vendor_id).await?;
    let mut goal = SubscriptionConvergence::new(call, order, account, vendor_id, current).await?;
    goal.ensure_login_available(account).await?;
    goal.next_step(account, &Progress::default()).await?;
    Ok(goal.bss_external_id(id))
}

/// The subscription that the order names and the account that it belongs to; none if it names one that is not on record
/// and only such a one could be meant.
async fn resolve_target(
    call: &RequestContext<'_>,
    order: &Order,
) -> Result<Option<(SubscriptionId, AccountId)>, ServiceError> {
    let named = &order.target;
    let mut record = None;
    if let Some(id) = &named.id {
        record = subscription(call, id).await?;
    }
    if let (None, Some(external)) = (&record, &named.external_id)
        && let Some(Target::Subscription(id)) = call.app.store.link(call.application, external).await?
    {
        record = subscription(call, &id).await?;
    }
    // Only in the absence of its own id: a replacement that failed must not stand for what it was to replace.
    if let (None, None, Some(id)) = (&record, &named.id, &named.original_id) {
        record = subscription(call, id).await?;
    }
    match (record, &named.id, &order.account) {
        (Some(record), _, Some(account)) if record.account != *account => Err(ServiceError::new(
            ErrorCode::StateConflict,
            format!(
                "The subscription {} belongs to the account {}, not to {account}. Place the order for the account that owns it.",
                record.id, record.account
            ),
        )),
        (Some(record), _, _) => Ok(Some((record.id, record.account))),
        (None, Some(id), Some(account)) => Ok(Some((id.clone(), account.clone()))),
        (None, Some(_) | None, _) if order.is_termination() => Ok(None),
        (None, None, _) => Err(ServiceError::new(
            ErrorCode::BadRequest,
            "SubscriptionID is missing: it must be the BSS's own id of the subscription.",
        )),
        (None, Some(_), None) => Err(ServiceError::new(
            ErrorCode::BadRequest,
            "Account.ID is missing: it must be the BSS's own id of the account.",
        )),
    }
}

async fn subscription(
    call: &RequestContext<'_>,
    id: &SubscriptionId,
) -> Result<Option<SubscriptionRecord>, ServiceError> {
    let key = SubscriptionKey { application: call.application, subscription: id.clone() };
    Ok(call.app.store.subscription(&key).await?)
}

/// Returns the subscription's external id for the BSS. It never changes.
fn bss_external_id(
    current: Option<&SubscriptionRecord>,
    id: &SubscriptionId,
    tenant: Option<&VendorTenant>,
    vendor_id: &ExternalId,
) -> ExternalId {
    let tenant = tenant.map_or(vendor_id, |tenant| &tenant.id);
    current.map_or_else(|| id.to_external_id(tenant), |current| current.external_id.clone())
}

/// Returns the external id that the cancellation of an unknown subscription answers: the one in the request.
fn missing_subscription_result(order: &Order) -> Result<ExternalId, ServiceError> {
    let named = &order.target;
    let id = named.external_id.clone().or_else(|| named.id.as_ref().and_then(|id| ExternalId::parse(id.as_str())));
    id.ok_or_else(|| {
        ServiceError::new(ErrorCode::BadRequest, "The request names no subscription: SubscriptionID and ID are empty.")
    })
}

/// Returns the account's id at the vendor. An account that was linked by `accounts/exists` has no record yet; then the id
/// in the request is used, and the vendor is read before any change. If the vendor creates accounts with the first order,
/// only the record is used.
fn vendor_id(
    call: &RequestContext<'_>,
    account: Option<&AccountRecord>,
    order: &Order,
) -> Result<ExternalId, ServiceError> {
    if account.is_some_and(|account| account.role == Role::Reseller) {
        return Err(ServiceError::new(
            ErrorCode::RoleInvalid,
            "The account is a reseller at the vendor. Order the subscription for one of its customers.",
        ));
    }
    let recorded = account.and_then(|account| account.external_id.clone());
    let by_word = order.claimed_external_id.clone().filter(|_| !call.app.vendor.creates_account_on_first_order());
    recorded.or(by_word).ok_or_else(|| {
        ServiceError::new(
            ErrorCode::AccountUnknown,
            "The account is not synchronized with the vendor. Save & Synchronize it in its Sync Options, then press Retry.",
        )
    })
}

/// Returns `true` if a termination has nothing to end: the subscription or add-on has ended, or its creation never began.
fn is_no_op(order: &Order, current: Option<&SubscriptionRecord>, account: &AccountRecord, id: &SubscriptionId) -> bool {
    let begun = account.live_subscription.as_ref() == Some(id);
    let ended = |current: &SubscriptionRecord| match (&order.desired.removed_addon, current.state) {
        (_, SubscriptionState::Cancelled) => true,
        (Some(code), SubscriptionState::Suspended) => current.addons.iter().all(|addon| addon.code != *code),
        (_, SubscriptionState::Suspended | SubscriptionState::Live) => false,
    };
    match current {
        Some(current) => order.is_termination() && ended(current) && !(begun && order.kind == OrderKind::Cancel),
        None => order.is_termination() && !begun,
    }
}

/// Checks that an order fits the state of the subscription, and that the account has no other live subscription.
fn check_transition(
    verb: OrderKind,
    current: Option<&SubscriptionRecord>,
    account: &AccountRecord,
    id: &SubscriptionId,
) -> Result<(), ServiceError> {
    let conflict = |message: &str| Err(ServiceError::new(ErrorCode::StateConflict, message));
    match (verb, current.map(|current| current.state)) {
        (OrderKind::Update | OrderKind::Activate | OrderKind::Suspend, None) => Err(ServiceError::new(
            ErrorCode::SubscriptionUnknown,
            format!("The subscription {id} was never provisioned. Press Retry on its creation first."),
        )),
        (OrderKind::Update, Some(SubscriptionState::Cancelled)) => {
            conflict("The subscription is cancelled and can't be changed. Activate it first.")
        }
        (OrderKind::Update, Some(SubscriptionState::Suspended)) => {
            conflict("The subscription is suspended and can't be changed. Activate it first.")
        }
        (OrderKind::Suspend, Some(SubscriptionState::Cancelled)) => {
            conflict("The subscription is cancelled and can't be suspended.")
        }
        (OrderKind::Create | OrderKind::Update | OrderKind::Activate, _) => match &account.live_subscription {
            Some(live) if live != id => Err(ServiceError::new(
                ErrorCode::SubscriptionExists,
                format!(
                    "The account already has the subscription {live}, and the vendor allows one per account. Change that subscription, or cancel it first."
                ),
            )),
            Some(_) | None => Ok(()),
        },
        (OrderKind::Suspend | OrderKind::Cancel, _) => Ok(()),
    }
}

/// Time for which an unconfirmed order may still complete at Dropbox. A cancellation that finds no team is refused until
/// then (`docs/explanation/exactly-once.md`, Dropbox teams).
const CREATE_IN_FLIGHT_WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// Returns the details of the order's account: those in the order, else those of the last synchronization. The Reseller ID
/// comes from the reseller's own record, if there is one.
async fn particulars(
    call: &RequestContext<'_>,
    order: &Order,
    account: &AccountRecord,
) -> Result<AccountDetails, ServiceError> {
    let known = order.account_details.clone().or_else(account.account_details.clone().unwrap_or_default());
    let Some(reseller) = known.reseller.clone() else { return Ok(known) };
    let key = AccountKey { application: call.application, account: reseller };
    let reseller = call.app.store.account(&key).await?.and_then(|record| record.account_details);
    let reseller_id = reseller.and_then(|reseller| reseller.reseller_id);
    Ok(AccountDetails { reseller_id: reseller_id.or(known.reseller_id), ..known })
}

struct SubscriptionConvergence<'a> {
    call: &'a RequestContext<'a>,
    order: &'a Order,
    vendor_id: ExternalId,
    current: Option<SubscriptionRecord>,
    resources: Entitlements,
    addons: Vec<AddonRecord>,
    particulars: AccountDetails,
    tenant: Option<VendorTenant>,
}

impl<'a> SubscriptionConvergence<'a> {
    async fn new(
        call: &'a RequestContext<'a>,
        order: &'a Order,
        account: &AccountRecord,
        vendor_id: ExternalId,
        current: Option<SubscriptionRecord>,
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            call,
            order,
            vendor_id,
            resources: order.desired.entitlements(current.as_ref())?,
            addons: order.desired.addons(current.as_ref()),
            particulars: particulars(call, order, account).await?,
            tenant: None,
            current,
        })
    }

    /// Refuses to create a tenant whose administrator already administers another account's tenant. The vendor would refuse
    /// it as well, but `CheckOnly` must answer without sending the order.
    async fn ensure_login_available(&self, account: &AccountRecord) -> Result<(), ServiceError> {
        // The recovery job creates no tenant.
        let live = self.order.kind.state() == SubscriptionState::Live && self.call.recovering.is_none();
        let Some(login) = self.particulars.email.as_ref().filter(|_| live) else { return Ok(()) };
        let begins = match &account.tenant {
            Some(tenant) => self.current.is_none() && tenant.login != *login,
            None => true,
        };
        let Some(link) = VendorTenant::login_link(login).filter(|_| begins) else { return Ok(()) };
        match self.call.app.store.link(account.application, &link).await? {
            Some(Target::Account(other)) if other != account.id => Err(ServiceError::new(
                ErrorCode::EmailInUse,
                format!(
                    "The email address already administers the subscription of the account {other}, and the vendor allows one subscription per address. Use another email address."
                ),
            )),
            Some(Target::Account(_) | Target::Subscription(_)) | None => Ok(()),
        }
    }

    /// Refuses to treat an unconfirmed create as failed while it may still complete.
    fn ensure_create_not_in_flight(&self, making: &PendingTenantCreate) -> Result<(), ServiceError> {
        let sent = making.job.as_ref().map(|work| work.started_at);
        if sent.is_none_or(|sent| self.call.now().duration_since(sent) >= CREATE_IN_FLIGHT_WINDOW) {
            return Ok(());
        }
        Err(ServiceError::new(
            ErrorCode::OutcomeUnknown,
            "The order of this subscription was not answered and may still be carried out. Press Retry in a quarter of an hour: then it is known what there is to end.",
        ))
    }

    /// Returns the subscription's external id for the BSS.
    fn bss_external_id(&self, id: &SubscriptionId) -> ExternalId {
        bss_external_id(self.current.as_ref(), id, self.tenant.as_ref(), &self.vendor_id)
    }

    /// Returns the tenant after its subscription has reached `state`.
    fn tenant_after(&self, state: SubscriptionState) -> Option<VendorTenant> {
        let tenant = self.tenant.clone()?;
        let ended_at = match state {
            SubscriptionState::Live => None,
            SubscriptionState::Suspended | SubscriptionState::Cancelled => {
                Some(tenant.ended_at.unwrap_or_else(|| self.call.now()))
            }
        };
        Some(VendorTenant { ended_at, ..tenant })
    }

    /// Returns the tenant that an earlier, unconfirmed create made.
    ///
    /// # Errors
    /// [`ErrorCode::Ambiguous`] if several tenants may be its result.
    async fn find_created_tenant(
        &self,
        account: &AccountRecord,
        making: &PendingTenantCreate,
    ) -> Result<Option<VendorTenant>, ServiceError> {
        let tenant = |id: &ExternalId| VendorTenant {
            id: id.clone(),
            login: making.login.clone(),
            reseller_id: making.reseller_id.clone(),
            ended_at: None,
        };
        if let Some(created) = &making.created_id {
            return Ok(Some(tenant(created)));
        }
        let mut free = Vec::new();
        for id in self.call.app.vendor.find_created_tenants(&self.call.session(), making).await? {
            match self.call.app.store.link(account.application, &id).await? {
                Some(Target::Account(other)) if other != account.id => {}
                Some(Target::Account(_) | Target::Subscription(_)) | None => free.push(id),
            }
        }
        match free.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(tenant(one))),
            [_, _, ..] => Err(ServiceError::new(
                ErrorCode::Ambiguous,
                format!(
                    "The vendor did not confirm an order of this account, and more than one customer that appeared there since may be its result: {}. End all but one of them at the vendor, then press Retry.",
                    free.iter().map(ExternalId::as_str).collect::<Vec<_>>().join(", ")
                ),
            )),
        }
    }

    /// Returns the subscription's new record, or `None` if the subscription never existed.
    fn record(
        &self,
        id: &SubscriptionId,
        account: &AccountRecord,
        provisioned: Option<Provisioned>,
        now: Timestamp,
    ) -> Option<SubscriptionRecord> {
        let current = self.current.as_ref();
        let wish = &self.order.desired;
        let live = provisioned.is_some();
        let (plan, billed) = match provisioned {
            Some(Provisioned { ordered, billed, quantity }) => (ordered, Some(Billed { plan: billed, quantity })),
            None => current.map(|current| (current.plan.clone(), current.billed.clone()))?,
        };
        let went_on = current.filter(|current| current.state != SubscriptionState::Cancelled);
        let live_since = match went_on.or(current.filter(|_| !live)) {
            Some(current) => current.live_since,
            None => Some(now),
        };
        Some(SubscriptionRecord {
            application: account.application,
            id: id.clone(),
            account: account.id.clone(),
            external_id: self.bss_external_id(id),
            plan,
            billed,
            contribution: wish.contribution(current),
            addons: self.addons.clone(),
            state: wish.state,
            trial: wish.trial(current),
            live_since,
            cancelled_at: (wish.state == SubscriptionState::Cancelled)
                .then(|| current.and_then(|current| current.cancelled_at).unwrap_or(now)),
            version: current.map_or(1, |current| current.version + 1),
            created_at: current.map_or(now, |current| current.created_at),
            updated_at: now,
        })
    }
}

impl Convergence for SubscriptionConvergence<'_> {
    type Output = Option<Provisioned>;

    async fn next_step(
        &mut self,
        record: &AccountRecord,
        _: &Progress,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let find_created_tenant = match &record.pending_tenant {
            Some(making) => {
                let find_created_tenant = self.find_created_tenant(record, making).await?;
                if find_created_tenant.is_none() && self.order.kind.state() != SubscriptionState::Live {
                    self.ensure_create_not_in_flight(making)?;
                }
                find_created_tenant
            }
            None => None,
        };
        self.tenant = find_created_tenant.or_else(|| record.tenant.clone());
        let goal = SubscriptionTarget {
            account: &self.vendor_id,
            tenant: self.tenant.as_ref(),
            account_details: &self.particulars,
            account_created_by_us: record.created_by_us,
            state: self.order.desired.state,
            may_reactivate: matches!(self.order.kind, OrderKind::Create | OrderKind::Activate),
            trial: self.order.desired.trial(self.current.as_ref()),
            plan: &self.order.desired.plan,
            entitlements: &self.resources,
            addons: &self.addons,
            current: self.current.as_ref(),
            now: self.call.now(),
        };
        self.call.app.vendor.next_for_subscription(&self.call.session(), &goal).await
    }
}
