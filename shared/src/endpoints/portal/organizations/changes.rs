//! `portal/organizations/update`, `suspend`, `activate` and `unsubscribe`: change a company's subscription.

use crate::domain::entitlements::EntitlementPart;
use crate::domain::error::ServiceError;
use crate::domain::order::OrderKind;
use crate::domain::subscription::{DesiredSubscription, PlanChoice};
use crate::domain::subscription_record::SubscriptionState;
use crate::endpoints::portal::organizations::order::{
    OrganizationView, account_key, current_subscription, ensure_not_sold_by_bss, place_order,
};
use crate::endpoints::portal::organizations::requests::{
    OrganizationRef, PriceUpdate, UpdateOrganization, ordered_seats, remains_trial, sellable_plan,
};
use crate::endpoints::portal::{FieldErrors, PortalRequest, links, plans};
use crate::store::{AccountKey, AgreementLink};

/// Changes the plan, seats or price of a company's subscription, or converts a trial to paid.
///
/// # Errors
/// - [`ErrorCode::SubscriptionUnknown`](crate::domain::error_code::ErrorCode::SubscriptionUnknown): the company has no
///   subscription that was sold in the portal.
/// - [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid): invalid members.
/// - The errors of an order.
pub async fn update(portal: &PortalRequest<'_>, change: &UpdateOrganization) -> Result<OrganizationView, ServiceError> {
    portal
        .call
        .ids
        .record(|ids| (ids.company, ids.quantity) = (Some(change.company.get()), change.seats.map(i64::from)));
    let current = current_subscription(portal, change.company).await?;
    let key = account_key(portal, change.company)?;
    let replaced = replaced_link(portal, &key, change).await?;
    let plan = match &change.plan {
        Some(plan) => sellable_plan(portal, plan).await?,
        None => plans::known(portal, current.plan.as_str()).await?,
    };
    let trial = remains_trial(current.trial, change.trial, change.plan.is_some().then_some(&plan))?;
    let seats = ordered_seats(&plan, change.seats.or(current.contribution.seats))?;
    let desired = DesiredSubscription {
        plan: PlanChoice { code: Some(plan.plan.clone()), candidates: Vec::new() },
        base: EntitlementPart { seats, ..current.contribution.clone() },
        trial: Some(trial),
        ..DesiredSubscription::with_state(SubscriptionState::Live)
    };
    let updated = place_order(portal, &key, current.id, OrderKind::Update, desired).await?;
    if let Some((before, link)) = replaced {
        links::save(portal, link, Some(&before)).await?;
    }
    Ok(updated)
}

/// Returns the link as it is, and with the new price, or `None` if the price is unchanged.
async fn replaced_link(
    portal: &PortalRequest<'_>,
    key: &AccountKey,
    change: &UpdateOrganization,
) -> Result<Option<(AgreementLink, AgreementLink)>, ServiceError> {
    let PriceUpdate::Set(unit_price) = change.unit_price else { return Ok(None) };
    if let Some(price) = unit_price {
        let mut errors = FieldErrors::new();
        plans::check_price(&mut errors, "unitPrice", price);
        errors.into_result()?;
    }
    let link = portal.call.app.store.agreement(key).await?.ok_or_else(|| {
        FieldErrors::single(
            "unitPrice",
            "No agreement bills the company. Send the agreement and the price at portal/organizations/create.",
        )
    })?;
    Ok((link.unit_price != unit_price).then(|| (link.clone(), AgreementLink { unit_price, ..link })))
}

/// Suspends, cancels or reactivates the subscription of the company that the body names.
///
/// # Errors
/// The errors of the body, [`ErrorCode::SubscriptionUnknown`](crate::domain::error_code::ErrorCode::SubscriptionUnknown) if the company has no
/// subscription that was sold in the portal, and the errors of an order.
pub async fn set_state(portal: &PortalRequest<'_>, kind: OrderKind) -> Result<OrganizationView, ServiceError> {
    let OrganizationRef { company } = portal.body_with(&OrganizationRef::REQUIRED)?;
    portal.call.ids.record(|ids| ids.company = Some(company.get()));
    let current = current_subscription(portal, company).await?;
    let key = account_key(portal, company)?;
    if kind.state() == SubscriptionState::Live {
        ensure_not_sold_by_bss(portal, &key, company).await?;
    }
    place_order(portal, &key, current.id, kind, DesiredSubscription::with_state(kind.state())).await
}
