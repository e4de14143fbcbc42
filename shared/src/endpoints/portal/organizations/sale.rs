//! `portal/organizations/create`: sells a plan to a company.

use crate::domain::account::DesiredAccount;
use crate::domain::billing_dates::{BillingDates, ChosenDates};
use crate::domain::entitlements::EntitlementPart;
use crate::domain::error::ServiceError;
use crate::domain::ids::SubscriptionId;
use crate::domain::order::OrderKind;
use crate::domain::subscription::{DesiredSubscription, PlanChoice};
use crate::domain::subscription_record::SubscriptionState;
use crate::domain::vendor_id::VendorId;
use crate::endpoints::portal::billing_outlook::{self, Outlook};
use crate::endpoints::portal::organizations::order::{
    LatestSubscription, OrganizationView, account_key, ensure_not_sold_by_bss, latest_subscription,
    nth_subscription_id, place_order,
};
use crate::endpoints::portal::organizations::requests::{
    CreateOrganization, ordered_seats, remains_trial, sellable_plan,
};
use crate::endpoints::portal::{FieldErrors, PortalRequest, billing_words, links};
use crate::provisioning::accounts::synchronize;
use crate::store::{AccountKey, AgreementLink, SubscriptionKey};

/// Sells a plan to a company: an organization and a subscription at the vendor, and the link that bills them. Idempotent. Called
/// with another plan or other seats, it changes the live subscription, unless the request is for a new one only; after a
/// cancellation it starts a new one.
///
/// A company's first link is written before the order, so that a sale whose response is lost is billed. A link with another
/// agreement replaces the existing one after the order. The billing dates of a new subscription, and of a trial that is converted,
/// are written before the order, so that they apply to it; those of another live one after it.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid members,
/// [`ErrorCode::ExternalIdTaken`](crate::domain::error_code::ErrorCode::ExternalIdTaken) for a customer of another channel, and
/// the errors of an order.
pub async fn create(portal: &PortalRequest<'_>, new: CreateOrganization) -> Result<OrganizationView, ServiceError> {
    portal.call.ids.record(|ids| (ids.company, ids.quantity) = (Some(new.company.get()), new.seats.map(i64::from)));
    let plan = sellable_plan(portal, &new.plan).await?;
    let key = account_key(portal, new.company)?;
    let store = &portal.call.app.store;
    let existing_link = store.agreement(&key).await?;
    let current = ChosenDates::last(existing_link.as_ref().and_then(|link| link.billing_dates.as_ref()));
    let dates = new.dates_choice().dates(current, current, portal.now())?;
    let (desired, target) = new.desired_account(portal, &plan).await?;
    let seats = ordered_seats(&plan, new.seats)?;
    ensure_not_sold_by_bss(portal, &key, new.company).await?;
    let sold_as_trial = new.trial.unwrap_or(plan.trial);
    let latest = latest_subscription(portal, new.company).await?;
    let was_live = matches!(latest, LatestSubscription::Live(_));
    let was_trial = matches!(&latest, LatestSubscription::Live(subscription) if subscription.trial);
    let (id, trial) = match latest {
        LatestSubscription::None => (nth_subscription_id(new.company, 1)?, sold_as_trial),
        LatestSubscription::Live(subscription) => {
            let account = portal.call.app.store.account(&key).await?;
            let is_repeated = (&subscription.plan, subscription.contribution.seats) == (&plan.plan, seats)
                && account.is_some_and(|account| account.profile == Some(desired.profile.fingerprint()));
            if new.new_only && !is_repeated {
                return Err(FieldErrors::single(
                    "company",
                    "It has a subscription already, which an order would change. Change it at Users, or at portal/organizations/update.",
                ));
            }
            let trial = remains_trial(subscription.trial, new.trial, Some(&plan))?;
            (subscription.id, trial)
        }
        LatestSubscription::Cancelled(subscription, number) => match portal.call.app.store.account(&key).await? {
            // An order of the cancelled subscription has begun and is not known to have ended: this call continues it.
            Some(account) if account.live_subscription.as_ref() == Some(&subscription.id) => {
                (subscription.id, sold_as_trial)
            }
            _ => (nth_subscription_id(new.company, number + 1)?, sold_as_trial),
        },
    };
    let prepared = match &existing_link {
        None => {
            link(portal, &key, &new, dates, None).await?;
            None
        }
        Some(existing) if dates != current && (!was_live || (was_trial && !trial)) => {
            Some(with_dates(portal, existing, dates).await?)
        }
        Some(_) => None,
    };
    let order = DesiredSubscription {
        plan: PlanChoice { code: Some(plan.plan.clone()), candidates: Vec::new() },
        base: EntitlementPart { seats, ..EntitlementPart::default() },
        addons: Some(Vec::new()),
        trial: Some(trial),
        ..DesiredSubscription::with_state(SubscriptionState::Live)
    };
    let sold = Box::pin(provision(portal, &key, id.clone(), &desired, order)).await;
    let account = store.account(&key).await?;
    let view = match sold {
        Ok(view) => view,
        Err(failure) => {
            // Without a live subscription there is nothing to bill, and no dates for it.
            if account.is_none_or(|account| account.live_subscription.is_none()) {
                match (&existing_link, &prepared) {
                    (None, _) => {
                        links::remove(portal, &key).await?;
                    }
                    (Some(existing), Some(after)) => take_dates_back(portal, existing, after).await,
                    (Some(_), None) => {}
                }
            }
            return Err(failure);
        }
    };
    let linked = link(portal, &key, &new, dates, account.and_then(|account| account.vendor_id())).await?;
    // What is billed already stays billed.
    let begins = !was_live || existing_link.is_none_or(|link| link.agreement != new.agreement);
    let subscription = SubscriptionKey { application: key.application, subscription: id };
    let Outlook { words, delay_note } =
        billing_outlook::of_subscription(portal, &linked, &subscription, &target).await?;
    let changed = (was_live && dates != current).then(|| billing_words::RULE_CHANGED.to_owned());
    let notices: Vec<_> = changed.into_iter().chain(delay_note.filter(|_| begins)).collect();
    Ok(view.with_billing(words, (!notices.is_empty()).then(|| notices.join(" "))))
}

/// Replaces the billing dates of a link.
async fn with_dates(
    portal: &PortalRequest<'_>,
    existing: &AgreementLink,
    dates: BillingDates,
) -> Result<AgreementLink, ServiceError> {
    let billing_dates = ChosenDates::following(existing.billing_dates.as_ref(), dates, portal.now());
    let after = AgreementLink { billing_dates, ..existing.clone() };
    links::save(portal, after, Some(existing)).await
}

/// Gives a link the billing dates back that it had before an order that failed, unless it was changed meanwhile.
async fn take_dates_back(portal: &PortalRequest<'_>, before: &AgreementLink, after: &AgreementLink) {
    let read = portal.call.app.store.agreement(&before.account).await;
    let outcome = match read {
        Ok(Some(current)) if current.billing_dates == after.billing_dates => {
            let restored = AgreementLink { billing_dates: before.billing_dates.clone(), ..current.clone() };
            links::save(portal, restored, Some(&current)).await.map(drop)
        }
        Ok(_) => Ok(()),
        Err(error) => Err(error.into()),
    };
    // The caller gets the error of the order.
    if let Err(error) = outcome {
        tracing::warn!(reason = error.log_message(), "the billing dates of a failed order remain");
    }
}

async fn provision(
    portal: &PortalRequest<'_>,
    key: &AccountKey,
    id: SubscriptionId,
    account: &DesiredAccount,
    order: DesiredSubscription,
) -> Result<OrganizationView, ServiceError> {
    Box::pin(synchronize(&portal.call, account)).await?;
    place_order(portal, key, id, OrderKind::Create, order).await
}

/// Writes the link of a company's account with the agreement of the request, unless it exists already, and returns it.
async fn link(
    portal: &PortalRequest<'_>,
    account: &AccountKey,
    new: &CreateOrganization,
    dates: BillingDates,
    organization: Option<VendorId>,
) -> Result<AgreementLink, ServiceError> {
    let (existing, now) = (portal.call.app.store.agreement(account).await?, portal.now());
    let chosen = existing.as_ref().and_then(|link| link.billing_dates.as_ref());
    let link = AgreementLink {
        msp: portal.msp,
        account: account.clone(),
        organization: organization.or_else(|| existing.as_ref().and_then(|link| link.organization.clone())),
        company: new.company,
        agreement: new.agreement,
        unit_price: new.unit_price,
        used_seats: existing.as_ref().and_then(|link| link.used_seats.clone()),
        billing_dates: ChosenDates::following(chosen, dates, now),
        linked_at: links::linked_since(existing.as_ref(), new.company, new.agreement, now),
        left_at: None,
    };
    if existing.as_ref() == Some(&link) {
        return Ok(link);
    }
    links::save(portal, link, existing.as_ref()).await
}
