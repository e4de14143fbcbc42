//! An order of an MSP, and the subscriptions of a company.

use futures::future::try_join;
use jiff::Timestamp;
use serde::Serialize;

use crate::connectwise::CompanyId;
use crate::domain::account::AccountDetails;
use crate::domain::channel::checks_owners;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{AccountId, ExternalId, PlanId, SubscriptionId};
use crate::domain::order::{Order, OrderKind};
use crate::domain::subscription::{DesiredSubscription, SubscriptionRef};
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::endpoints::portal::{PortalRequest, TrialView};
use crate::provisioning::subscriptions::provision_subscription;
use crate::store::{AccountKey, SubscriptionKey};

/// A company's subscription in a response.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Organization"))]
#[serde(rename_all = "camelCase")]
pub struct OrganizationView {
    company: CompanyId,
    organization: Option<ExternalId>,
    subscription: SubscriptionId,
    plan: PlanId,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<u32>,
    trial: bool,
    /// The end of the trial; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_period: Option<TrialView>,
    state: SubscriptionState,
    /// Text about what is invoiced and from when; of a sale only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>"))]
    billing: Option<String>,
    /// Text about the billing, if the agreement delays it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>"))]
    notice: Option<String>,
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    updated_at: Timestamp,
}

impl OrganizationView {
    fn new(
        account: &AccountId,
        organization: Option<ExternalId>,
        record: SubscriptionRecord,
        trial_period: Option<TrialView>,
    ) -> Result<Self, ServiceError> {
        let company = account.as_str().parse().map_err(ServiceError::internal)?;
        Ok(Self {
            company: CompanyId::new(company),
            organization,
            subscription: record.id,
            plan: record.plan,
            seats: record.contribution.seats,
            trial: record.trial,
            trial_period,
            state: record.state,
            billing: None,
            notice: None,
            updated_at: record.updated_at,
        })
    }

    /// Adds what the MSP should know about the billing.
    pub(super) fn with_billing(self, billing: String, notice: Option<String>) -> Self {
        Self { billing: Some(billing), notice, ..self }
    }
}

/// Provisions an order of a company's subscription and returns the subscription after it.
///
/// # Errors
/// The errors of [`provision_subscription`].
pub(super) async fn place_order(
    portal: &PortalRequest<'_>,
    account: &AccountKey,
    id: SubscriptionId,
    kind: OrderKind,
    desired: DesiredSubscription,
) -> Result<OrganizationView, ServiceError> {
    portal.call.ids.record(|ids| {
        (ids.account, ids.subscription) = (Some(account.account.to_string()), Some(id.to_string()));
    });
    let order = Order {
        kind,
        target: SubscriptionRef { id: Some(id.clone()), external_id: None, original_id: None },
        desired,
        account: Some(account.account.clone()),
        claimed_external_id: None,
        account_details: AccountDetails::default(),
        check_only: false,
        ends_at: None,
        of_version: None,
        requester: Some(Box::new(portal.requester())),
    };
    Box::pin(provision_subscription(&portal.call, &order)).await?;
    let store = &portal.call.app.store;
    let key = SubscriptionKey { application: account.application, subscription: id };
    let record = store.subscription(&key).await?.ok_or_else(|| ServiceError::internal("an order without a record"))?;
    let organization = store.account(account).await?.and_then(|account| account.external_id);
    let trial_period = if record.trial {
        let (plan, link) = try_join(store.plan(portal.msp, &record.plan), store.agreement(account)).await?;
        TrialView::of(portal, &record, plan.as_ref(), link.as_ref())
    } else {
        None
    };
    OrganizationView::new(&account.account, organization, record, trial_period)
}

/// Returns the key of the account that stands for a company: the company's number in the MSP's own installation.
///
/// # Errors
/// [`ErrorCode::Internal`]; no number causes it.
pub(super) fn account_key(portal: &PortalRequest<'_>, company: CompanyId) -> Result<AccountKey, ServiceError> {
    AccountKey::of_company(portal.msp, company).ok_or_else(|| ServiceError::internal("a company's number"))
}

/// Refuses to begin a subscription of a company that a linked account of the BSS has one for.
///
/// # Errors
/// [`ErrorCode::ExternalIdTaken`], which names the account.
pub(super) async fn ensure_not_sold_by_bss(
    portal: &PortalRequest<'_>,
    account: &AccountKey,
    company: CompanyId,
) -> Result<(), ServiceError> {
    let store = &portal.call.app.store;
    if store.live_subscription(account).await?.is_some() || !checks_owners() {
        return Ok(());
    }
    for link in store.agreements(portal.msp).await? {
        if link.company == company
            && link.account != *account
            && store.live_subscription(&link.account).await?.is_some()
        {
            return Err(ServiceError::new(
                ErrorCode::ExternalIdTaken,
                format!(
                    "The company {company} has a subscription from your distributor's shop: account {}, which portal/links/list shows. Change it there. To sell it here instead, have it cancelled there first, or delete its link at portal/links/delete if it is another customer's.",
                    link.account.account
                ),
            ));
        }
    }
    Ok(())
}

/// Returns the id of a company's subscription with this number, counted from 1.
///
/// # Errors
/// [`ErrorCode::Internal`]; no number causes it.
pub(super) fn nth_subscription_id(company: CompanyId, number: u32) -> Result<SubscriptionId, ServiceError> {
    SubscriptionId::parse(&format!("{company}-{number}"))
        .ok_or_else(|| ServiceError::internal("a subscription's number"))
}

/// The latest subscription of a company.
pub(super) enum LatestSubscription {
    /// The company never had a subscription.
    None,
    /// The latest one is live or suspended.
    Live(SubscriptionRecord),
    /// The latest one is cancelled. It has this number.
    Cancelled(SubscriptionRecord, u32),
}

/// Returns the latest subscription of a company that was sold in the portal.
///
/// # Errors
/// The errors of the table.
pub(super) async fn latest_subscription(
    portal: &PortalRequest<'_>,
    company: CompanyId,
) -> Result<LatestSubscription, ServiceError> {
    let (mut search, mut latest) = (LastNumber::default(), None);
    while let Some(number) = search.next() {
        let subscription = nth_subscription_id(company, number)?;
        let key = SubscriptionKey { application: portal.msp.as_application_id(), subscription };
        let found = portal.call.app.store.subscription(&key).await?;
        search.take(number, found.is_some());
        latest = found.map(|record| (record, number)).or(latest);
    }
    Ok(match latest {
        None => LatestSubscription::None,
        Some((record, number)) if record.state == SubscriptionState::Cancelled => {
            LatestSubscription::Cancelled(record, number)
        }
        Some((record, _)) => LatestSubscription::Live(record),
    })
}

/// The search for the last of the objects that are numbered from 1 without a gap. Takes about twice the logarithm of their
/// number: doubles the number until none has it, then halves the distance.
#[derive(Debug, Default)]
struct LastNumber {
    /// The greatest number that is known to be there; 0 for none.
    present: u32,
    /// The smallest number that is known to be missing.
    missing: Option<u32>,
}

impl LastNumber {
    /// Returns the number to look at next; `None` if `present` is the last one.
    fn next(&self) -> Option<u32> {
        let next = match self.missing {
            None => self.present.saturating_mul(2).max(1),
            Some(missing) => self.present + (missing - self.present) / 2,
        };
        (next != self.present).then_some(next)
    }

    /// Takes note of whether the object of `number` is there.
    fn take(&mut self, number: u32, is_there: bool) {
        if is_there {
            self.present = number;
        } else {
            self.missing = Some(number);
        }
    }
}

/// Returns a company's live or suspended subscription, else the latest cancelled one.
///
/// # Errors
/// [`ErrorCode::SubscriptionUnknown`] if the company has none that was sold in the portal.
pub(super) async fn current_subscription(
    portal: &PortalRequest<'_>,
    company: CompanyId,
) -> Result<SubscriptionRecord, ServiceError> {
    match latest_subscription(portal, company).await? {
        LatestSubscription::Live(record) | LatestSubscription::Cancelled(record, _) => Ok(record),
        LatestSubscription::None => Err(ServiceError::new(
            ErrorCode::SubscriptionUnknown,
            "The company has no subscription that was sold in the portal. Create one at portal/organizations/create. A subscription from your distributor's shop is changed in the shop.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_any_number_is_found_with_few_reads() {
        for count in (0..70).chain([998, 999, 1000, 1001, 65_535, 65_536, 1_000_000, u32::MAX]) {
            let (mut search, mut reads) = (LastNumber::default(), 0);
            while let Some(number) = search.next() {
                search.take(number, number <= count);
                reads += 1;
            }
            assert_eq!(search.present, count);
            assert!(reads <= 2 * count.max(1).ilog2() + 3, "{reads} reads for {count}");
        }
    }
}
