//! Rows of `portal/additions/list` and `portal/additions/retry`. They are built from our own records, without a request to
//! ConnectWise.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;

use crate::connectwise::api::addition::{Billing, number};
use crate::connectwise::{AdditionId, AgreementId, CatalogItemId, CompanyId, date};
use crate::domain::billing_dates::{BillingDates, ChosenDates};
use crate::domain::error::ServiceError;
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, PlanId, SubscriptionId};
use crate::domain::subscription_record::SubscriptionRecord;
use crate::endpoints::portal::{PortalRequest, TrialView, billing_words};
use crate::store::{AdditionRecord, AgreementLink, PlanRecord, SyncState};
use crate::workers::additions::dates;
use crate::workers::additions::desired::DesiredAddition;
use crate::workers::sync::{self, RetryMode};

/// State of an account's addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum AdditionState {
    /// The account is linked and has no subscription to bill yet.
    Linked,
    /// The addition is out of sync and is retried automatically.
    Pending,
    /// The addition is in sync.
    Synced,
    /// The addition is out of sync until a person acts.
    Failed,
    /// The account is no longer linked.
    Unlinked,
}

/// A row of the list: an addition, or a linked account without one.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Addition"))]
#[serde(rename_all = "camelCase")]
pub struct AdditionView {
    /// Installation of the BSS; the MSP's own for a sale in the portal.
    pub application: ApplicationId,
    /// The BSS's id of the account.
    pub account: AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<ExternalId>,
    /// The BSS's id of the subscription; `None` for a linked account without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schemars(description = "The BSS's id of the subscription; absent for a linked account without one.")
    )]
    pub subscription: Option<SubscriptionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<CompanyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<AgreementId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    addition: Option<AdditionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<CatalogItemId>,
    #[serde(flatten)]
    sold: Sold,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date")))]
    effective_date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date")))]
    cancelled_date: Option<Date>,
    /// Text about what is invoiced, from when and until when.
    billing: String,
    state: AdditionState,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_action: Option<String>,
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    updated_at: Timestamp,
}

/// The part of a row that follows from the subscription. It is empty if the account is no longer linked.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Sold {
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<PlanId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<serde_json::Number>"))]
    unit_price: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trial: Option<bool>,
    /// The end of the trial; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_period: Option<TrialView>,
}

impl Sold {
    /// Quantity and price belong to a subscription that is billed: a cancelled one has neither. The price is the link's, else
    /// the addition's at the last sync, else the plan's.
    fn new(
        portal: &PortalRequest<'_>,
        subscription: &SubscriptionRecord,
        desired: Option<&DesiredAddition>,
        record: &AdditionRecord,
        plans: &HashMap<PlanId, PlanRecord>,
        link: Option<&AgreementLink>,
    ) -> Self {
        let plan = subscription.billed.as_ref().map_or(&subscription.plan, |billed| &billed.plan);
        let offered = plans.get(plan);
        let active = match desired {
            Some(DesiredAddition::Active(active)) => Some(active),
            Some(DesiredAddition::Ended | DesiredAddition::Unmanaged) | None => None,
        };
        let synced_price =
            record.tracked.as_ref().filter(|tracked| !tracked.ended).and_then(|tracked| tracked.defaults.price);
        Self {
            plan: Some(plan.clone()),
            plan_name: offered.map(|plan| plan.name.clone()),
            quantity: active.map(|active| active.quantity),
            unit_price: active
                .and_then(|active| active.unit_price.or(synced_price).or(offered.map(|plan| plan.price)))
                .map(number),
            trial: Some(subscription.trial),
            trial_period: TrialView::of(portal, subscription, plans.get(&subscription.plan), link),
        }
    }
}

/// Returns the row of an addition. The state is pending as well if the subscription or the link changed after the last sync.
///
/// # Errors
/// The errors of the table.
pub(super) async fn of_addition(
    portal: &PortalRequest<'_>,
    plans: &HashMap<PlanId, PlanRecord>,
    record: AdditionRecord,
    link: Option<AgreementLink>,
) -> Result<AdditionView, ServiceError> {
    let store = &portal.call.app.store;
    let subscription = if link.is_some() { store.subscription(&record.subscription).await? } else { None };
    let desired = subscription.as_ref().and_then(|subscription| DesiredAddition::of(subscription, link.as_ref()));
    let is_outdated = desired
        .as_ref()
        .is_some_and(|desired| !sync::is_up_to_date(&record.sync, Some(&desired.fingerprint()), RetryMode::None));
    let sold = subscription
        .map(|subscription| Sold::new(portal, &subscription, desired.as_ref(), &record, plans, link.as_ref()))
        .unwrap_or_default();
    let is_in_sync = record.sync.state == SyncState::Synced && !is_outdated;
    let row = row(record, link.as_ref(), sold, is_in_sync, portal.now());
    if !is_outdated || row.state == AdditionState::Pending {
        return Ok(row);
    }
    let reason = "Changed since the last sync; it will be updated automatically.".to_owned();
    Ok(AdditionView { state: AdditionState::Pending, reason: Some(reason), required_action: None, ..row })
}

fn row(
    record: AdditionRecord,
    link: Option<&AgreementLink>,
    sold: Sold,
    is_in_sync: bool,
    now: Timestamp,
) -> AdditionView {
    let tracked = record.tracked.as_ref();
    let delay_note = (record.sync.state == SyncState::Synced)
        .then(|| tracked.filter(|tracked| !tracked.ended && tracked.billing != Billing::NoCharge))
        .flatten()
        .and_then(|tracked| tracked.delayed_since.zip(tracked.effective_date))
        .filter(|(_, first)| date::business_day(now, &TimeZone::UTC) < *first)
        .and_then(|(requested, first)| dates::delay_note(requested, first));
    let billing = billing(&record, link, &sold, is_in_sync, now);
    AdditionView {
        application: record.subscription.application,
        account: record.account,
        organization: link.and_then(|link| Some(link.organization.as_ref()?.id.clone())),
        subscription: Some(record.subscription.subscription),
        company: link.map(|link| link.company),
        agreement: tracked.map(|tracked| tracked.agreement).or(link.map(|link| link.agreement)),
        addition: tracked.map(|tracked| tracked.addition),
        product: tracked.map(|tracked| tracked.product),
        sold,
        effective_date: tracked.and_then(|tracked| tracked.effective_date),
        ended: tracked.map(|tracked| tracked.ended),
        cancelled_date: tracked.and_then(|tracked| tracked.last_billed_day),
        billing,
        state: match record.sync.state {
            SyncState::Pending => AdditionState::Pending,
            // Only tickets are held.
            SyncState::Synced | SyncState::Held => AdditionState::Synced,
            SyncState::Failed => AdditionState::Failed,
            SyncState::Unlinked => AdditionState::Unlinked,
        },
        reason: record
            .sync
            .reason_with_reference()
            .into_iter()
            .chain(delay_note)
            .reduce(|one, other| format!("{one} {other}")),
        required_action: record.sync.required_action,
        updated_at: record.sync.updated_at,
    }
}

/// Returns what is invoiced. `is_in_sync` tells if the addition has the quantity of `sold`, which has one while it is billed. The
/// day is in UTC, because the rows are made without the MSP's settings; it decides on the words only.
fn billing(
    record: &AdditionRecord,
    link: Option<&AgreementLink>,
    sold: &Sold,
    is_in_sync: bool,
    now: Timestamp,
) -> String {
    let dates = link.map(|link| ChosenDates::last(link.billing_dates.as_ref())).unwrap_or_default();
    match &record.tracked {
        None => billing_words::NOTHING_YET.to_owned(),
        Some(tracked) if tracked.ended && sold.quantity.is_none() => billing_words::of_ended(tracked),
        // The next one is still to be created.
        Some(tracked) if tracked.ended => {
            format!("{} {}", billing_words::of_ended(tracked), billing_words::NEXT_ADDITION)
        }
        Some(tracked) => {
            let quantity = sold.quantity.filter(|_| is_in_sync);
            let words = billing_words::of_open(tracked, quantity, date::business_day(now, &TimeZone::UTC));
            if dates == BillingDates::default() || tracked.billing != Billing::Billable {
                return words;
            }
            format!("{words} {}", billing_words::of_end(dates))
        }
    }
}

/// Returns the row of a linked account without an addition.
pub(super) fn of_link(link: AgreementLink) -> AdditionView {
    AdditionView {
        application: link.account.application,
        account: link.account.account,
        organization: link.organization.map(|organization| organization.id),
        subscription: None,
        company: Some(link.company),
        agreement: Some(link.agreement),
        addition: None,
        product: None,
        sold: Sold::default(),
        effective_date: None,
        ended: None,
        cancelled_date: None,
        billing: billing_words::NOTHING_YET.to_owned(),
        state: AdditionState::Linked,
        reason: None,
        required_action: None,
        updated_at: link.linked_at,
    }
}
