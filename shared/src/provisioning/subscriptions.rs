//! Subscriptions and their add-ons: the rules that hold for every vendor, and the way from a wish to its record.

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
use crate::provisioning::accounts::{link_account, unclaimed};
use crate::provisioning::converge::{Goal, settle};
use crate::provisioning::lease::{Doubt, Extras, Lease, Turn};
use crate::store::{AccountKey, AccountRecord, Link, PendingTenantCreate, SubscriptionKey, Target, VendorTenant};
use crate::vendor::{NextStep, Progress, Provisioned, SubscriptionTarget};

/// Carries out `order`, or with `CheckOnly` only tells whether it could be. The id that the BSS shall know the subscription
/// by.
pub async fn carry_out(call: &RequestContext<'_>, order: &Order) -> Result<ExternalId, ServiceError> {
    let Some((id, account)) = whose(call, order).await? else {
        // Never provisioned, so there is nothing to end.
        return nothing_there(order);
    };
    let key = AccountKey { application: call.application, account };
    // Refused before anything is written, so that an account which nobody synchronized leaves no trace.
    let account = call.app.store.account(&key).await?;
    let vendor_id = match vendor_id(call, account.as_ref(), order) {
        Err(failure) if failure.code() == ErrorCode::AccountUnknown && order.is_termination() => {
            return nothing_there(order);
        }
        known => known?,
    };
    if order.check_only {
        let account = account.unwrap_or_else(|| AccountRecord::new(&key, call.now()));
        return Box::pin(check(call, order, &id, &account, vendor_id)).await;
    }
    let fingerprint = Fingerprint::hash(&(order.kind, &id, &order.desired, &order.account_details));
    let mut lease = match Lease::take(call, &key, Job::ProvisionSubscription(order.clone()), &fingerprint).await? {
        Turn::Done(record) => {
            let current = subscription(call, &id).await?;
            return Ok(known_as(current.as_ref(), &id, record.tenant.as_ref(), &vendor_id));
        }
        Turn::Mine(lease) => lease,
    };
    match Box::pin(provision(call, order, &id, &mut lease)).await {
        Ok(Outcome::AlreadySo(id)) => {
            if lease.repeats(&fingerprint) {
                Box::pin(lease.finish(fingerprint, Extras::default())).await?;
            } else {
                lease.give_back().await;
            }
            Ok(id)
        }
        Ok(Outcome::Changed(done)) => {
            let extras = Extras {
                subscription: done.subscription.as_ref(),
                link: done.link,
                unlink: done.unlink,
                doubt: done.doubt,
            };
            Box::pin(lease.finish(fingerprint, extras)).await?;
            Ok(done.external_id)
        }
        Err(failure) => {
            Box::pin(lease.give_back()).await;
            Err(failure)
        }
    }
}

enum Outcome {
    /// There was nothing to do; the id that the BSS knows the subscription by.
    AlreadySo(ExternalId),
    Changed(Box<Changed>),
}

/// What is to be recorded.
struct Changed {
    external_id: ExternalId,
    subscription: Option<SubscriptionRecord>,
    link: Vec<Link>,
    unlink: Vec<ExternalId>,
    doubt: Doubt,
}

async fn provision(
    call: &RequestContext<'_>,
    order: &Order,
    id: &SubscriptionId,
    lease: &mut Lease<'_>,
) -> Result<Outcome, ServiceError> {
    let current = subscription(call, id).await?;
    let vendor_id = vendor_id(call, Some(&lease.record), order)?;
    if already_so(order, current.as_ref(), &lease.record, id) {
        return Ok(Outcome::AlreadySo(known_as(current.as_ref(), id, lease.record.tenant.as_ref(), &vendor_id)));
    }
    allowed(order.kind, current.as_ref(), &lease.record, id)?;
    unclaimed(call, &lease.record.key(), lease.record.external_id.as_ref(), &vendor_id).await?;
    // Linked while a create of ours was unanswered: it was that create's.
    lease.record.created_by_us |= lease.record.external_id.is_none() && lease.resumes();
    let mut link = link_account(&lease.record, &vendor_id);
    let goal = &mut Provision::new(call, order, &lease.record, vendor_id.clone(), current).await?;
    goal.has_a_free_login(&lease.record).await?;
    if order.kind.state() == SubscriptionState::Live {
        // Known to be perhaps live from here on, whatever happens.
        lease.record.live_subscription = Some(id.clone());
    }
    let provisioned = settle(call, lease, goal).await?;
    lease.record.external_id = Some(vendor_id);
    if order.kind.state() == SubscriptionState::Cancelled {
        lease.record.live_subscription = None;
    }
    let (doubt, of_tenant, unlink) = settle_tenant(&lease.record, goal.tenant_in(order.kind.state()));
    link.extend(of_tenant);
    let subscription = goal.record(id, &lease.record, provisioned, call.now());
    let external_id = goal.known_as(id);
    link.extend(subscription.as_ref().filter(|_| goal.current.is_none()).map(|record| Link {
        application: record.application,
        external_id: external_id.clone(),
        target: Target::Subscription(id.clone()),
    }));
    Ok(Outcome::Changed(Box::new(Changed { external_id, subscription, link, unlink, doubt })))
}

/// How the doubt about a tenant ends, with the links to make and those to end: `found` is the account's from here on.
fn settle_tenant(record: &AccountRecord, found: Option<VendorTenant>) -> (Doubt, Vec<Link>, Vec<ExternalId>) {
    let before: Vec<_> = record.tenant.iter().flat_map(VendorTenant::links).collect();
    let now: Vec<_> = found.as_ref().map_or_else(|| before.clone(), |tenant| tenant.links().collect());
    let target = Target::Account(record.id.clone());
    let link = |external_id| Link { application: record.application, external_id, target: target.clone() };
    let missing = now.iter().filter(|id| !before.contains(id)).cloned().map(link).collect();
    let ended = before.into_iter().filter(|id| !now.contains(id)).collect();
    (Doubt::Ends(found), missing, ended)
}

async fn check(
    call: &RequestContext<'_>,
    order: &Order,
    id: &SubscriptionId,
    account: &AccountRecord,
    vendor_id: ExternalId,
) -> Result<ExternalId, ServiceError> {
    let current = subscription(call, id).await?;
    if already_so(order, current.as_ref(), account, id) {
        return Ok(known_as(current.as_ref(), id, account.tenant.as_ref(), &vendor_id));
    }
    allowed(order.kind, current.as_ref(), account, id)?;
    unclaimed(call, &account.key(), account.external_id.as_ref(), &vendor_id).await?;
    let mut goal = Provision::new(call, order, account, vendor_id, current).await?;
    goal.has_a_free_login(account).await?;
    goal.next(account, &Progress::default()).await?;
    Ok(goal.known_as(id))
}

/// The subscription that the order names and the account that it belongs to; none if it names one that is not on record
/// and only such a one could be meant.
async fn whose(call: &RequestContext<'_>, order: &Order) -> Result<Option<(SubscriptionId, AccountId)>, ServiceError> {
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
                "The subscription {} belongs to the account {}, not to {account}. Order it for its own account.",
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
        (None, Some(_), None) => {
            Err(ServiceError::new(ErrorCode::BadRequest, "Account.ID is missing: it must be the BSS's own id of the account."))
        }
    }
}

async fn subscription(call: &RequestContext<'_>, id: &SubscriptionId) -> Result<Option<SubscriptionRecord>, ServiceError> {
    let key = SubscriptionKey { application: call.application, subscription: id.clone() };
    Ok(call.app.store.subscription(&key).await?)
}

/// The id that the BSS knows a subscription by, now and for good.
fn known_as(
    current: Option<&SubscriptionRecord>,
    id: &SubscriptionId,
    tenant: Option<&VendorTenant>,
    vendor_id: &ExternalId,
) -> ExternalId {
    let tenant = tenant.map_or(vendor_id, |tenant| &tenant.id);
    current.map_or_else(|| id.to_external_id(tenant), |current| current.external_id.clone())
}

/// What a cancellation of something that is not there answers.
fn nothing_there(order: &Order) -> Result<ExternalId, ServiceError> {
    let named = &order.target;
    let id = named.external_id.clone().or_else(|| named.id.as_ref().and_then(|id| ExternalId::parse(id.as_str())));
    id.ok_or_else(|| {
        ServiceError::new(ErrorCode::BadRequest, "The request names no subscription: SubscriptionID and ID are empty.")
    })
}

/// The account's id at the vendor. One that was linked by `accounts/exists` has no record yet; then the BSS's word counts,
/// and the vendor is asked before anything is done; where the vendor knows no accounts, only a record counts.
fn vendor_id(call: &RequestContext<'_>, account: Option<&AccountRecord>, order: &Order) -> Result<ExternalId, ServiceError> {
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

/// A cancelled subscription, or one of which nothing was ever begun, has nothing to end, and no add-on either.
fn already_so(
    order: &Order,
    current: Option<&SubscriptionRecord>,
    account: &AccountRecord,
    id: &SubscriptionId,
) -> bool {
    let begun = account.live_subscription.as_ref() == Some(id);
    let ended = |current: &SubscriptionRecord| match (&order.desired.without, current.state) {
        (_, SubscriptionState::Cancelled) => true,
        (Some(code), SubscriptionState::Suspended) => current.addons.iter().all(|addon| addon.code != *code),
        (_, SubscriptionState::Suspended | SubscriptionState::Live) => false,
    };
    match current {
        Some(current) => order.is_termination() && ended(current) && !(begun && order.kind == OrderKind::Cancel),
        None => order.is_termination() && !begun,
    }
}

/// The rules between a subscription, its state, and its account's others.
fn allowed(
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
                    "The account has the subscription {live} already, and the vendor allows one. Change that one, or cancel it first."
                ),
            )),
            Some(_) | None => Ok(()),
        },
        (OrderKind::Suspend | OrderKind::Cancel, _) => Ok(()),
    }
}

/// How long a create that was not answered may still be carried out.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(15);

/// What is known of the account of an order: what the order says, then what was last synchronized. Which reseller it is
/// sold by, the reseller's own record says.
async fn particulars(call: &RequestContext<'_>, order: &Order, account: &AccountRecord) -> Result<AccountDetails, ServiceError> {
    let known = order.account_details.clone().or_else(account.account_details.clone().unwrap_or_default());
    let Some(reseller) = known.reseller.clone() else { return Ok(known) };
    let key = AccountKey { application: call.application, account: reseller };
    let reseller = call.app.store.account(&key).await?.and_then(|record| record.account_details);
    let reseller_id = reseller.and_then(|reseller| reseller.reseller_id);
    Ok(AccountDetails { reseller_id: reseller_id.or(known.reseller_id), ..known })
}

struct Provision<'a> {
    call: &'a RequestContext<'a>,
    order: &'a Order,
    vendor_id: ExternalId,
    current: Option<SubscriptionRecord>,
    resources: Entitlements,
    addons: Vec<AddonRecord>,
    particulars: AccountDetails,
    tenant: Option<VendorTenant>,
}

impl<'a> Provision<'a> {
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
            resources: order.desired.resources(current.as_ref())?,
            addons: order.desired.addons(current.as_ref()),
            particulars: particulars(call, order, account).await?,
            tenant: None,
            current,
        })
    }

    /// Refuses to make a tenant for whoever administers another account's: the vendor would refuse it, but a check must know.
    async fn has_a_free_login(&self, account: &AccountRecord) -> Result<(), ServiceError> {
        // Abandoned work makes no tenant.
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
                    "The email address administers the subscription of the account {other} already, and the vendor takes an address for one only. Use another email address."
                ),
            )),
            Some(Target::Account(_) | Target::Subscription(_)) | None => Ok(()),
        }
    }

    /// Refuses to take a create that was not answered for one that was not done, as long as it may be on its way.
    fn may_not_come_late(&self, making: &PendingTenantCreate) -> Result<(), ServiceError> {
        let sent = making.job.as_ref().map(|work| work.started_at);
        if sent.is_none_or(|sent| self.call.now().duration_since(sent) >= ON_ITS_WAY) {
            return Ok(());
        }
        Err(ServiceError::new(
            ErrorCode::OutcomeUnknown,
            "The order of this subscription was not answered and may still be carried out. Press Retry in a quarter of an hour: then it is known what there is to end.",
        ))
    }

    /// The id that the BSS shall know the subscription by.
    fn known_as(&self, id: &SubscriptionId) -> ExternalId {
        known_as(self.current.as_ref(), id, self.tenant.as_ref(), &self.vendor_id)
    }

    /// The tenant as it is when its subscription is in `state`.
    fn tenant_in(&self, state: SubscriptionState) -> Option<VendorTenant> {
        let tenant = self.tenant.clone()?;
        let ended_at = match state {
            SubscriptionState::Live => None,
            SubscriptionState::Suspended | SubscriptionState::Cancelled => {
                Some(tenant.ended_at.unwrap_or_else(|| self.call.now()))
            }
        };
        Some(VendorTenant { ended_at, ..tenant })
    }

    /// The tenant that an earlier create, whose answer is not on record, has made.
    async fn made(&self, account: &AccountRecord, making: &PendingTenantCreate) -> Result<Option<VendorTenant>, ServiceError> {
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
                    "An order of this account was sent and not answered, and more than one customer that appeared at the vendor since may be its: {}. End all but one there, then Retry.",
                    free.iter().map(ExternalId::as_str).collect::<Vec<_>>().join(", ")
                ),
            )),
        }
    }

    /// The record of the subscription as it now is; none if it never came to be.
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
            external_id: self.known_as(id),
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

impl Goal for Provision<'_> {
    type Reached = Option<Provisioned>;

    async fn next(&mut self, record: &AccountRecord, _: &Progress) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let made = match &record.pending_tenant {
            Some(making) => {
                let made = self.made(record, making).await?;
                if made.is_none() && self.order.kind.state() != SubscriptionState::Live {
                    self.may_not_come_late(making)?;
                }
                made
            }
            None => None,
        };
        self.tenant = made.or_else(|| record.tenant.clone());
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
