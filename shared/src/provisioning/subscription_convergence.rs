//! The convergence of a subscription at the vendor.

use jiff::{SignedDuration, Timestamp};

use crate::app::request::RequestContext;
use crate::domain::account::AccountDetails;
use crate::domain::channel::checks_owners;
use crate::domain::entitlements::Entitlements;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{ExternalId, SubscriptionId};
use crate::domain::order::{Order, OrderKind};
use crate::domain::subscription_record::{AddonRecord, Billed, SubscriptionRecord, SubscriptionState};
use crate::domain::term::Renewal;
use crate::domain::trial::{TrialPeriod, computed_end};
use crate::domain::vendor_id::VendorId;
use crate::provisioning::absence::ensure_gone;
use crate::provisioning::accounts::current_reseller_id;
use crate::provisioning::converge::Convergence;
use crate::provisioning::provisioned_subscription::ProvisionedSubscription;
use crate::provisioning::subscription_target::bss_external_id;
use crate::store::{AccountRecord, PendingTenantCreate, VendorTenant};
use crate::vendor::{NextStep, Progress, Provisioned, Reactivation, SubscriptionTarget};

/// Time for which an unconfirmed order may still complete at Dropbox. A cancellation that finds no team is refused until
/// then (`docs/explanation/exactly-once.md`, Dropbox teams).
const DROPBOX_CREATE_WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// Returns the details of the order's account: those in the order, else those of the last synchronization. The Reseller ID
/// comes from the reseller's own record, if there is one.
pub(super) async fn account_details(
    call: &RequestContext<'_>,
    order: &Order,
    account: &AccountRecord,
) -> Result<AccountDetails, ServiceError> {
    let known = order.account_details.clone().or_else(account.account_details.clone().unwrap_or_default());
    let reseller_id = current_reseller_id(&call.app.store, account.application, &known).await?;
    Ok(AccountDetails { reseller_id, ..known })
}

/// The desired state of an order's subscription.
pub(super) struct SubscriptionConvergence<'a> {
    call: &'a RequestContext<'a>,
    order: &'a Order,
    vendor_id: ExternalId,
    /// The subscription as recorded before the order.
    pub(super) current: Option<SubscriptionRecord>,
    entitlements: Entitlements,
    addons: Vec<AddonRecord>,
    account_details: AccountDetails,
    tenant: Option<VendorTenant>,
    /// Id of the object that the vendor does not have any more.
    pub(super) gone: Option<ExternalId>,
    /// `true` if the cancellation ends the subscription at once, not with its term.
    ends_at_once: bool,
}

impl<'a> SubscriptionConvergence<'a> {
    pub(super) async fn new(
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
            entitlements: order.desired.entitlements(current.as_ref())?,
            addons: order.desired.addons(current.as_ref()),
            account_details: account_details(call, order, account).await?,
            tenant: None,
            gone: None,
            ends_at_once: false,
            current,
        })
    }

    /// Refuses to create a tenant whose administrator already administers another account's tenant. The vendor would refuse
    /// it as well, but `CheckOnly` must answer without sending the order.
    pub(super) async fn ensure_login_available(&self, account: &AccountRecord) -> Result<(), ServiceError> {
        // The recovery job creates no tenant.
        let live = self.order.kind.state() == SubscriptionState::Live && self.call.recovering.is_none();
        let Some(login) = self.account_details.email.as_ref().filter(|_| live) else { return Ok(()) };
        let is_new = match &account.tenant {
            Some(tenant) => self.current.is_none() && tenant.login != *login,
            None => true,
        };
        let Some(link) = VendorTenant::login_link(login).filter(|_| is_new) else { return Ok(()) };
        match self.call.app.store.holder(account.application, &VendorId::own(link)).await? {
            Some(other) if other.application != account.application && checks_owners() => Err(ServiceError::new(
                ErrorCode::EmailInUse,
                "The email address already administers a subscription that was sold by another installation of the platform, and the vendor allows one subscription per address. Use another email address.",
            )),
            Some(other) if other != account.key() && checks_owners() => Err(ServiceError::new(
                ErrorCode::EmailInUse,
                format!(
                    "The email address already administers the subscription of the account {}, and the vendor allows one subscription per address. Use another email address.",
                    other.account
                ),
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses to treat an unconfirmed create as failed while it may still complete.
    fn ensure_create_not_in_flight(&self, pending: &PendingTenantCreate) -> Result<(), ServiceError> {
        let sent = pending.job.as_ref().map(|job| job.started_at);
        if sent.is_none_or(|sent| self.call.now().duration_since(sent) >= DROPBOX_CREATE_WINDOW) {
            return Ok(());
        }
        Err(ServiceError::new(
            ErrorCode::OutcomeUnknown,
            format!(
                "The vendor has not confirmed this order yet, so it may still complete. Press Retry in {} minutes.",
                DROPBOX_CREATE_WINDOW.as_mins()
            ),
        ))
    }

    /// Returns the subscription's external id for the BSS.
    pub(super) fn bss_external_id(&self, id: &SubscriptionId) -> ExternalId {
        bss_external_id(self.current.as_ref(), id, self.tenant.as_ref(), &self.vendor_id)
    }

    /// Returns the state of the subscription after the convergence: one that was cancelled for the end of its term is live until
    /// then.
    pub(super) fn state_after(&self, provisioned: Option<&Provisioned>) -> SubscriptionState {
        match (self.order.kind.state(), provisioned) {
            (SubscriptionState::Cancelled, Some(_)) => SubscriptionState::Live,
            (state, _) => state,
        }
    }

    /// Returns the subscription that a check of the order expects after `next`.
    pub(super) fn expected(
        &self,
        id: &SubscriptionId,
        account: &AccountRecord,
        next: NextStep<Option<Provisioned>>,
    ) -> ProvisionedSubscription {
        let external_id = self.bss_external_id(id);
        let record = match next {
            NextStep::Converged(provisioned) => self.record(id, account, provisioned, self.call.now()),
            NextStep::Apply(step) => self.current.clone().map(|current| self.expected_after(current, step.live_until)),
        };
        ProvisionedSubscription::unwritten(external_id, record)
    }

    /// Returns the record of `current` after a change at the vendor, as far as it is known before.
    fn expected_after(&self, current: SubscriptionRecord, live_until: Option<Timestamp>) -> SubscriptionRecord {
        match (self.order.kind.state(), live_until) {
            // The change may change the term.
            (SubscriptionState::Live | SubscriptionState::Suspended, _) => {
                SubscriptionRecord { renewal: None, trial_period: None, ..current }
            }
            (SubscriptionState::Cancelled, Some(_)) => {
                SubscriptionRecord { state: SubscriptionState::Live, ends_at: live_until, ..current }
            }
            (SubscriptionState::Cancelled, None) => SubscriptionRecord {
                state: SubscriptionState::Cancelled,
                cancelled_at: current.cancelled_at.or(Some(self.call.now())),
                ends_at: None,
                ..current
            },
        }
    }

    /// Returns the end of the term with which a subscription ended that has ended by `now`; `None` if it ended at once.
    fn ended_with_term(&self, now: Timestamp) -> Option<Timestamp> {
        let end = self.current.as_ref().and_then(|current| current.ends_at);
        end.filter(|end| !self.ends_at_once && *end <= now)
    }

    /// Returns the tenant after its subscription has reached `state`.
    pub(super) fn tenant_after(&self, state: SubscriptionState) -> Option<VendorTenant> {
        let tenant = self.tenant.clone()?;
        let ended_at = match state {
            SubscriptionState::Live => None,
            SubscriptionState::Suspended | SubscriptionState::Cancelled => {
                let now = self.call.now();
                Some(tenant.ended_at.unwrap_or_else(|| self.ended_with_term(now).unwrap_or(now)))
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
        pending: &PendingTenantCreate,
    ) -> Result<Option<VendorTenant>, ServiceError> {
        let tenant = |id: &ExternalId| VendorTenant {
            id: id.clone(),
            login: pending.login.clone(),
            reseller_id: pending.reseller_id.clone(),
            moved: None,
            ended_at: None,
        };
        if let Some(created) = &pending.created_id {
            return Ok(Some(tenant(created)));
        }
        let mut unowned = Vec::new();
        for id in self.call.app.vendor.find_created_tenants(&self.call.vendor_context(), pending).await? {
            match self.call.app.store.holder(account.application, &VendorId::own(id.clone())).await? {
                Some(other) if other != account.key() && checks_owners() => {}
                Some(_) | None => unowned.push(id),
            }
        }
        match unowned.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(tenant(one))),
            [_, _, ..] => Err(ServiceError::new(
                ErrorCode::Ambiguous,
                format!(
                    "The vendor did not confirm an order of this account, and more than one customer that appeared there since may be its result: {}. End all but one of them at the vendor, then press Retry.",
                    unowned.iter().map(ExternalId::as_str).collect::<Vec<_>>().join(", ")
                ),
            )),
        }
    }

    /// Returns the record of a trial, whose end is `shown`. If the vendor shows none, a trial that goes on keeps its end, and
    /// another one has the vendor's length from `live_since` on or, if the subscription was paid before, from `now`.
    fn trial_period(
        &self,
        continued: Option<&SubscriptionRecord>,
        shown: Option<Timestamp>,
        live_since: Timestamp,
        now: Timestamp,
    ) -> TrialPeriod {
        let days = self.call.app.vendor.trial_days();
        let recorded = continued.and_then(|current| current.trial_ends_at(days));
        let start = if continued.is_some() { now } else { live_since };
        let ends_at = shown.or(recorded).unwrap_or_else(|| computed_end(start, days));
        match continued.and_then(|current| current.trial_period.as_ref()) {
            None if recorded.is_some() => TrialPeriod::of_older(ends_at, now),
            before => TrialPeriod::following(before, ends_at),
        }
    }

    /// Returns the subscription's new record, or `None` if the subscription never existed.
    pub(super) fn record(
        &self,
        id: &SubscriptionId,
        account: &AccountRecord,
        provisioned: Option<Provisioned>,
        now: Timestamp,
    ) -> Option<SubscriptionRecord> {
        let current = self.current.as_ref();
        let desired = &self.order.desired;
        let live = provisioned.is_some();
        let state = self.state_after(provisioned.as_ref());
        let (plan, billed, term, trial_ends_at) = match provisioned {
            Some(Provisioned { ordered, billed, quantity, term, trial_ends_at }) => {
                (ordered, Some(Billed { plan: billed, quantity }), term, trial_ends_at)
            }
            None => current.map(|current| (current.plan.clone(), current.billed.clone(), None, None))?,
        };
        let ends_at = match desired.state {
            SubscriptionState::Live | SubscriptionState::Suspended => None,
            SubscriptionState::Cancelled if live => {
                term.as_ref().map(|term| term.ends_at).or(current.and_then(|current| current.ends_at))
            }
            SubscriptionState::Cancelled => self.ended_with_term(now),
        };
        let continued = current.filter(|current| current.state != SubscriptionState::Cancelled);
        let live_since = match continued.or(current.filter(|_| !live)) {
            Some(current) => current.live_since,
            None => Some(now),
        };
        let trial = desired.trial(current);
        let renewed = state == SubscriptionState::Live && !trial && self.call.app.vendor.has_terms();
        let before = current.and_then(|current| current.renewal.as_ref());
        let paid_since = match continued.or(current.filter(|_| !live)) {
            _ if trial => None,
            Some(current) if !current.trial => current.paid_since,
            Some(_) | None => Some(now),
        };
        Some(SubscriptionRecord {
            application: account.application,
            id: id.clone(),
            account: account.id.clone(),
            external_id: self.bss_external_id(id),
            plan,
            billed,
            contribution: desired.contribution(current),
            addons: self.addons.clone(),
            state,
            trial,
            live_since,
            paid_since,
            cancelled_at: (state == SubscriptionState::Cancelled)
                .then(|| current.and_then(|current| current.cancelled_at).or(ends_at).unwrap_or(now)),
            ends_at,
            renewal: renewed.then(|| Renewal::following(before, term)),
            trial_period: (trial && state != SubscriptionState::Cancelled)
                .then(|| self.trial_period(continued, trial_ends_at, live_since.unwrap_or(now), now)),
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
        progress: &Progress,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let created = match &record.pending_tenant {
            Some(pending) => {
                let created = self.find_created_tenant(record, pending).await?;
                if created.is_none() && self.order.kind.state() != SubscriptionState::Live {
                    self.ensure_create_not_in_flight(pending)?;
                }
                created
            }
            None => None,
        };
        let earlier = record.tenant.clone().filter(|tenant| self.gone.as_ref() != Some(&tenant.id));
        let denied = created.is_none().then(|| earlier.as_ref().map(|tenant| tenant.id.clone())).flatten();
        self.tenant = created.or(earlier);
        let denial = match self.next_for(record, progress).await {
            Err(denial) if denial.code() == ErrorCode::MissingAtVendor => denial,
            next => {
                self.ends_at_once |= matches!(&next, Ok(NextStep::Apply(step)) if step.live_until.is_none());
                return next;
            }
        };
        match (self.order.desired.state, denied) {
            // Nothing tells to which partner the vendor showed the object.
            (SubscriptionState::Cancelled, _) if record.external_id.is_none() && record.live_subscription.is_none() => {
                Err(denial)
            }
            (SubscriptionState::Cancelled, _) => {
                let id = self.tenant.as_ref().map_or(&self.vendor_id, |tenant| &tenant.id).clone();
                ensure_gone(self.call, record, record.role, &id, &denial).await?;
                self.gone = Some(id);
                Ok(NextStep::Converged(None))
            }
            // A new order of an account whose earlier tenant is gone.
            (SubscriptionState::Live, Some(id)) if self.current.is_none() => {
                ensure_gone(self.call, record, record.role, &id, &denial).await?;
                self.gone = Some(id);
                self.tenant = None;
                self.next_for(record, progress).await
            }
            (SubscriptionState::Live | SubscriptionState::Suspended, _) => Err(denial),
        }
    }
}

impl SubscriptionConvergence<'_> {
    async fn next_for(
        &self,
        record: &AccountRecord,
        progress: &Progress,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let reference = record.key().reference();
        let target = SubscriptionTarget {
            reference: &reference,
            account: &self.vendor_id,
            tenant: self.tenant.as_ref(),
            account_details: &self.account_details,
            account_created_by_us: record.created_by_us,
            state: self.order.desired.state,
            reactivation: match self.order.kind {
                _ if self.order.of_version.is_some() => Reactivation::Never,
                OrderKind::Create | OrderKind::Activate => Reactivation::Requested,
                OrderKind::Update | OrderKind::Suspend | OrderKind::Cancel => Reactivation::Implied,
            },
            trial: self.order.desired.trial(self.current.as_ref()),
            plan: &self.order.desired.plan,
            entitlements: &self.entitlements,
            addons: &self.addons,
            current: self.current.as_ref(),
            now: self.call.now(),
        };
        self.call.app.vendor.next_for_subscription(&self.call.vendor_context(), &target, progress).await
    }
}
