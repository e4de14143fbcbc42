//! An order of an MSP, and the subscriptions of a company.

use jiff::Timestamp;
use serde::Serialize;

use crate::connectwise::CompanyId;
use crate::domain::account::AccountDetails;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{AccountId, ExternalId, PlanId, SubscriptionId};
use crate::domain::order::{Order, OrderKind};
use crate::domain::subscription::{DesiredSubscription, SubscriptionRef};
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::endpoints::portal::PortalRequest;
use crate::provisioning::subscriptions::provision_subscription;
use crate::store::{AccountKey, SubscriptionKey};

/// Upper bound of the subscriptions that one company had, one after the other.
const MAX_SUBSCRIPTIONS: u32 = 1000;

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
    state: SubscriptionState,
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    updated_at: Timestamp,
}

impl OrganizationView {
    fn new(
        account: &AccountId,
        organization: Option<ExternalId>,
        record: SubscriptionRecord,
    ) -> Result<Self, ServiceError> {
        let company = account.as_str().parse().map_err(ServiceError::internal)?;
        Ok(Self {
            company: CompanyId::new(company),
            organization,
            subscription: record.id,
            plan: record.plan,
            seats: record.contribution.seats,
            trial: record.trial,
            state: record.state,
            updated_at: record.updated_at,
        })
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
    };
    provision_subscription(&portal.call, &order).await?;
    let store = &portal.call.app.store;
    let key = SubscriptionKey { application: account.application, subscription: id };
    let record = store.subscription(&key).await?.ok_or_else(|| ServiceError::internal("an order without a record"))?;
    let organization = store.account(account).await?.and_then(|account| account.external_id);
    OrganizationView::new(&account.account, organization, record)
}

/// Returns the key of the account that stands for a company: the company's number in the MSP's own installation.
///
/// # Errors
/// [`ErrorCode::Internal`]; no number causes it.
pub(super) fn account_key(portal: &PortalRequest<'_>, company: CompanyId) -> Result<AccountKey, ServiceError> {
    let account = AccountId::parse(&company.to_string()).ok_or_else(|| ServiceError::internal("a company's number"))?;
    Ok(AccountKey { application: portal.msp.as_application_id(), account })
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
    let mut latest = LatestSubscription::None;
    for number in 1..MAX_SUBSCRIPTIONS {
        let subscription = nth_subscription_id(company, number)?;
        let key = SubscriptionKey { application: portal.msp.as_application_id(), subscription };
        latest = match portal.call.app.store.subscription(&key).await? {
            None => return Ok(latest),
            Some(record) if record.state == SubscriptionState::Cancelled => {
                LatestSubscription::Cancelled(record, number)
            }
            Some(record) => return Ok(LatestSubscription::Live(record)),
        };
    }
    Ok(latest)
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
