//! Agreement additions of an MSP's subscriptions.
//!
//! This file has the logic of `portal/additions/…`: the list with sync states, and the manual retry.

pub mod list;
pub mod retry;

use std::collections::HashMap;

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::connectwise::{AdditionId, AgreementId, CatalogItemId, CompanyId};
use crate::domain::error::ServiceError;
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, SubscriptionId};
use crate::endpoints::portal::{FieldErrors, PortalRequest};
use crate::store::{self, AccountKey, AdditionRecord, AgreementLink, READ_CONCURRENCY, Store, SubscriptionKey};
use crate::workers::additions::desired::DesiredAddition;
use crate::workers::additions::sync;
use crate::workers::sync::{self, CircuitBreaker, RetryMode};

/// Body of `portal/additions/retry`. Without `subscription`, every pending or failed addition of the MSP is retried.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryAdditions {
    /// Installation of the BSS; default: the MSP's own, for a sale in the portal.
    #[serde(default)]
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

/// State of an account's addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AdditionState {
    /// The account is linked and has no subscription to bill yet.
    Linked,
    /// The addition is out of sync and is retried automatically.
    Pending,
    /// The addition is in sync.
    Applied,
    /// The addition is out of sync until a person acts.
    Failed,
    /// The account is no longer linked.
    Unlinked,
}

/// A row of the list: an addition, or a linked account without one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdditionView {
    application: ApplicationId,
    account: AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<ExternalId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<SubscriptionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<CompanyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<AgreementId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    addition: Option<AdditionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<CatalogItemId>,
    state: AdditionState,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_do: Option<String>,
    updated_at: Timestamp,
}

/// Returns all additions of the MSP, and the linked accounts without one, ordered by application, account and subscription.
pub async fn list(portal: &PortalRequest<'_>) -> Result<Vec<AdditionView>, ServiceError> {
    let store = &portal.call.app.store;
    let mut links: HashMap<AccountKey, AgreementLink> =
        store.agreements(portal.msp).await?.into_iter().map(|link| (link.account.clone(), link)).collect();
    let mut billed = Vec::new();
    let mut reads = Vec::new();
    for record in store.additions(portal.msp).await? {
        let account = AccountKey { application: record.subscription.application, account: record.account.clone() };
        let link = links.get(&account).cloned();
        billed.push(account);
        reads.push(to_view(store, record, link).boxed());
    }
    let mut rows: Vec<AdditionView> = stream::iter(reads).buffered(READ_CONCURRENCY).try_collect().await?;
    for account in &billed {
        links.remove(account);
    }
    rows.extend(links.into_values().map(linked));
    rows.sort_by(|one, other| {
        (one.application, &one.account, &one.subscription).cmp(&(
            other.application,
            &other.account,
            &other.subscription,
        ))
    });
    Ok(rows)
}

/// Retries additions now and returns their rows. Additions for which the time does not suffice are returned unchanged.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid members, and for a
/// subscription that is not linked with an agreement of the MSP.
pub async fn retry(portal: &PortalRequest<'_>, again: &RetryAdditions) -> Result<Vec<AdditionView>, ServiceError> {
    let anew = again.retry_mode()?;
    let store = &portal.call.app.store;
    let tried: Vec<AdditionRecord> = if let Some(subscription) = &again.subscription {
        vec![find_addition(portal, again.application, subscription).await?]
    } else {
        let records = store.additions(portal.msp).await?.into_iter();
        records.filter(|record| record.sync.state.is_out_of_sync()).collect()
    };
    let (mut rows, silent) = (Vec::new(), CircuitBreaker::default());
    for record in tried {
        if !portal.call.deadline.remaining_for_calls().is_zero() {
            let turn = portal.sync_attempt(&record.subscription.subscription, anew, &silent);
            Box::pin(sync(portal.call.app, &record.subscription, &turn)).await?;
        }
        let account = AccountKey { application: record.subscription.application, account: record.account.clone() };
        let link = store.agreement(&account).await?.filter(|link| link.msp == portal.msp);
        // A subscription that is not billed has no record.
        let Some(record) = store.addition(&record.subscription).await? else { continue };
        rows.push(to_view(store, record, link).await?);
    }
    Ok(rows)
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

/// Converts a record to a row. The state is pending as well if the subscription or the link changed after the last sync.
async fn to_view(
    store: &Store,
    record: AdditionRecord,
    link: Option<AgreementLink>,
) -> Result<AdditionView, ServiceError> {
    let wish = match &link {
        Some(_) => {
            store.subscription(&record.subscription).await?.and_then(|sold| DesiredAddition::of(&sold, link.as_ref()))
        }
        None => None,
    };
    let outdated =
        wish.is_some_and(|wish| !sync::is_up_to_date(&record.sync, Some(&wish.fingerprint()), RetryMode::None));
    let row = row(record, link.as_ref());
    if !outdated || row.state == AdditionState::Pending {
        return Ok(row);
    }
    let reason = "Changed since the last sync; it will be updated automatically.".to_owned();
    Ok(AdditionView { state: AdditionState::Pending, reason: Some(reason), to_do: None, ..row })
}

fn row(record: AdditionRecord, link: Option<&AgreementLink>) -> AdditionView {
    let held = record.tracked.as_ref();
    AdditionView {
        application: record.subscription.application,
        account: record.account,
        organization: link.and_then(|link| link.organization.clone()),
        subscription: Some(record.subscription.subscription),
        company: link.map(|link| link.company),
        agreement: held.map(|line| line.agreement).or(link.map(|link| link.agreement)),
        addition: held.map(|line| line.addition),
        product: held.map(|line| line.product),
        state: match record.sync.state {
            store::SyncState::Pending => AdditionState::Pending,
            store::SyncState::Synced => AdditionState::Applied,
            store::SyncState::Failed => AdditionState::Failed,
            store::SyncState::Unlinked => AdditionState::Unlinked,
        },
        reason: record.sync.reason,
        to_do: record.sync.required_action,
        updated_at: record.sync.updated_at,
    }
}

fn linked(link: AgreementLink) -> AdditionView {
    AdditionView {
        application: link.account.application,
        account: link.account.account,
        organization: link.organization,
        subscription: None,
        company: Some(link.company),
        agreement: Some(link.agreement),
        addition: None,
        product: None,
        state: AdditionState::Linked,
        reason: None,
        to_do: None,
        updated_at: link.linked_at,
    }
}
