//! Agreement additions of an MSP's subscriptions.
//!
//! This file has the logic of `portal/additions/…`: the list, and the manual retry. `page.rs` reads a page of the list,
//! `view.rs` has the rows of the responses.

pub mod list;
mod page;
pub mod retry;
mod view;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::connectwise::AdditionId;
use crate::domain::error::ServiceError;
use crate::domain::ids::{ApplicationId, PlanId, SubscriptionId};
use crate::endpoints::portal::additions::page::Cursor;
use crate::endpoints::portal::refused_credentials::{RefusedCredentials, refused_credentials};
use crate::endpoints::portal::{FieldErrors, PortalRequest, paging};
use crate::store::{AccountKey, AdditionRecord, AgreementLink, NewHistoryEntry, PlanRecord, SubscriptionKey};
use crate::workers::additions::sync;
use crate::workers::sync::{CircuitBreaker, RetryMode};

pub use view::{AdditionState, AdditionView};

/// Body of `portal/additions/retry`. Without `subscription`, every pending or failed addition of the MSP is retried.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryAdditions {
    /// Installation of the BSS; default: the MSP's own, for a sale in the portal.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "uuid")))]
    pub application: Option<Uuid>,
    /// The subscription to retry.
    #[serde(default)]
    pub subscription: Option<String>,
    /// `true` creates an addition again that a person deleted or cancelled.
    #[serde(default)]
    pub recreate: bool,
    /// Existing open addition of the product that becomes the subscription's addition.
    #[serde(default)]
    pub adopt: Option<AdditionId>,
}

impl RetryAdditions {
    /// Returns the retry mode.
    ///
    /// # Errors
    /// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for `recreate` or `adopt` without
    /// `subscription`, and for both together.
    fn retry_mode(&self) -> Result<RetryMode, ServiceError> {
        match (self.recreate, self.adopt) {
            (false, None) => Ok(RetryMode::Retry),
            _ if self.subscription.is_none() => {
                Err(FieldErrors::single("subscription", "It is required with recreate or adopt."))
            }
            (true, None) => Ok(RetryMode::Recreate),
            (false, Some(addition)) => Ok(RetryMode::Adopt(addition)),
            (true, Some(_)) => {
                Err(FieldErrors::single("adopt", "It cannot be combined with recreate. Send one of them."))
            }
        }
    }
}

/// A page of the list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "AdditionPage"))]
#[serde(rename_all = "camelCase")]
pub struct Page {
    additions: Vec<AdditionView>,
    /// Value of the parameter `after` for the next page; `None` on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schemars(description = "Value of the parameter `after` for the next page; absent on the last page.")
    )]
    next: Option<String>,
    /// Credentials of the MSP that are refused at present; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused_credentials: Vec<RefusedCredentials>,
}

/// Returns a page of the MSP's additions, and of the linked accounts without one, ordered by application, account and
/// subscription: at most `limit`, after the cursor `after`.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid parameters.
pub async fn list(portal: &PortalRequest<'_>) -> Result<Page, ServiceError> {
    let (limit, after) = (
        paging::limit(&portal.query)?,
        paging::after(&portal.query, |text| paging::parse_cursor(text).filter(Cursor::is_valid))?,
    );
    let plans = plans_by_id(portal).await?;
    let (additions, next) = page::read(portal, &plans, after.unwrap_or_default(), limit).await?;
    let refused_credentials = refused_credentials(portal).await?;
    Ok(Page { additions, next: next.as_ref().map(paging::cursor_text).transpose()?, refused_credentials })
}

/// Returns the additions of a linked account; the account itself if it has none.
pub async fn of_account(portal: &PortalRequest<'_>, link: AgreementLink) -> Result<Vec<AdditionView>, ServiceError> {
    let store = &portal.call.app.store;
    let plans = plans_by_id(portal).await?;
    let mut rows = Vec::new();
    for key in store.billed_subscriptions(portal.msp, &link.account).await? {
        let record = store.addition(&key).await?.filter(|record| record.msp == portal.msp);
        if let Some(record) = record {
            rows.push(view::of_addition(portal, &plans, record, Some(link.clone())).await?);
        }
    }
    Ok(if rows.is_empty() { vec![view::of_link(link)] } else { rows })
}

/// Retries additions now and returns their rows. Additions for which the time does not suffice are returned unchanged.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid members, and for a
/// subscription that is not linked with an agreement of the MSP.
pub async fn retry(portal: &PortalRequest<'_>, request: &RetryAdditions) -> Result<Vec<AdditionView>, ServiceError> {
    let mode = request.retry_mode()?;
    let store = &portal.call.app.store;
    let tried: Vec<AdditionRecord> = if let Some(subscription) = &request.subscription {
        vec![find_addition(portal, request.application, subscription).await?]
    } else {
        let records = store.additions(portal.msp).await?.into_iter();
        records.filter(|record| record.sync.state.is_out_of_sync()).collect()
    };
    let plans = plans_by_id(portal).await?;
    let (mut rows, breaker) = (Vec::new(), CircuitBreaker::default());
    for record in tried {
        let mut asked = None;
        if !portal.call.deadline.remaining_for_calls().is_zero() {
            asked = ask(portal, &record, mode).await?;
            let attempt = portal.sync_attempt(&record.subscription.subscription, mode, &breaker);
            Box::pin(sync(portal.call.app, &record.subscription, &attempt)).await?;
        }
        let link = link_of(portal, &record).await?;
        // A subscription that is not billed has no record.
        let Some(record) = store.addition(&record.subscription).await? else { continue };
        if let Some(entry) = asked {
            complete(portal, entry, &record).await?;
        }
        rows.push(view::of_addition(portal, &plans, record, link).await?);
    }
    Ok(rows)
}

/// Returns the MSP's link of the account of a subscription.
async fn link_of(portal: &PortalRequest<'_>, record: &AdditionRecord) -> Result<Option<AgreementLink>, ServiceError> {
    let account = AccountKey { application: record.subscription.application, account: record.account.clone() };
    Ok(portal.call.app.store.agreement(&account).await?.filter(|link| link.msp == portal.msp))
}

/// Adds to the history that a person asks for another addition of a subscription. It is told before ConnectWise is asked, so that
/// ConnectWise changes nothing without an entry. `None` for a retry of the same addition.
async fn ask(
    portal: &PortalRequest<'_>,
    before: &AdditionRecord,
    mode: RetryMode,
) -> Result<Option<NewHistoryEntry>, ServiceError> {
    let reason = match mode {
        RetryMode::Recreate => "Create the addition again if ConnectWise does not have it.".to_owned(),
        RetryMode::Adopt(addition) => format!("Bill by the addition {addition}."),
        RetryMode::None | RetryMode::Retry | RetryMode::Again => return Ok(None),
    };
    let link = link_of(portal, before).await?;
    let entry = portal
        .entry(format!("subscription {}", before.subscription.subscription))
        .with_values(in_words(before), None)
        .with_reason(reason);
    let entry = match &link {
        Some(link) => entry.with_link(link),
        None => entry,
    };
    portal.call.app.store.add_history(&entry).await?;
    Ok(Some(entry))
}

/// Adds to the entry of a request for another addition the one that bills the subscription after it.
async fn complete(
    portal: &PortalRequest<'_>,
    entry: NewHistoryEntry,
    after: &AdditionRecord,
) -> Result<(), ServiceError> {
    let (from, to) = (entry.entry.from.clone(), in_words(after));
    if from == to {
        return Ok(());
    }
    Ok(portal.call.app.store.add_history(&entry.with_values(from, to)).await?)
}

/// Returns the addition that bills a subscription.
fn in_words(record: &AdditionRecord) -> Option<String> {
    record.tracked.as_ref().map(|tracked| format!("addition: {}", tracked.addition))
}

/// Returns the MSP's plans by the vendor's id.
pub(super) async fn plans_by_id(portal: &PortalRequest<'_>) -> Result<HashMap<PlanId, PlanRecord>, ServiceError> {
    let plans = portal.call.app.store.plans(portal.msp).await?;
    Ok(plans.into_iter().map(|plan| (plan.plan.clone(), plan)).collect())
}

/// Returns the record of the requested addition, or a new record if the linked subscription has none yet.
async fn find_addition(
    portal: &PortalRequest<'_>,
    application: Option<Uuid>,
    subscription: &str,
) -> Result<AdditionRecord, ServiceError> {
    let store = &portal.call.app.store;
    let unknown = || {
        FieldErrors::single(
            "subscription",
            "It is not linked with one of your agreements. Copy application and subscription from portal/additions/list.",
        )
    };
    let application = application.map_or(portal.msp.as_application_id(), ApplicationId::new);
    let subscription = SubscriptionId::parse(subscription).ok_or_else(unknown)?;
    portal.call.ids.record(|ids| ids.subscription = Some(subscription.to_string()));
    let key = SubscriptionKey { application, subscription };
    if let Some(record) = store.addition(&key).await?.filter(|record| record.msp == portal.msp) {
        return Ok(record);
    }
    let account = store.subscription(&key).await?.ok_or_else(unknown)?.account;
    let link = store.agreement(&AccountKey { application, account: account.clone() }).await?;
    match link {
        Some(link) if link.msp == portal.msp => Ok(AdditionRecord::new(key, account, portal.msp, portal.now())),
        Some(_) | None => Err(unknown()),
    }
}
