//! How the additions of an MSP's subscriptions stand, and trying again what was given up.

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
use crate::endpoints::portal::{Faults, PortalRequest};
use crate::store::{self, READ_CONCURRENCY, AccountKey, AdditionRecord, AgreementLink, Store, SubscriptionKey};
use crate::workers::additions::desired::DesiredAddition;
use crate::workers::additions::sync;
use crate::workers::sync::{self, RetryMode, CircuitBreaker};

/// What is tried again.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Again {
    /// The installation of the one subscription; without it, all that is pending or failed is tried.
    #[serde(default)]
    pub application: Option<Uuid>,
    /// The one subscription.
    #[serde(default)]
    pub subscription: Option<String>,
    /// Whether an addition that was deleted or cancelled by hand is made anew.
    #[serde(default)]
    pub recreate: bool,
    /// The open addition of the product that was there before, and is the subscription's.
    #[serde(default)]
    pub adopt: Option<AdditionId>,
}

impl Again {
    /// What is done besides, about the one subscription.
    fn anew(&self) -> Result<RetryMode, ServiceError> {
        match (self.recreate, self.adopt) {
            (false, None) => Ok(RetryMode::Retry),
            _ if self.subscription.is_none() => {
                Err(Faults::of("subscription", "Say of which subscription the addition is made anew, or taken over."))
            }
            (true, None) => Ok(RetryMode::Recreate),
            (false, Some(addition)) => Ok(RetryMode::Adopt(addition)),
            (true, Some(_)) => {
                Err(Faults::of("adopt", "An addition is either made anew or taken over: say one of them."))
            }
        }
    }
}

/// How an account's addition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// The account is linked, and nothing of it was to be billed yet.
    Linked,
    /// It is not yet as it shall be; that is tried again by itself.
    Pending,
    /// It is as it shall be.
    Applied,
    /// Somebody must mend something.
    Failed,
    /// The account is not linked any more.
    Unlinked,
}

/// An addition, or an account that may have one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
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
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_do: Option<String>,
    updated_at: Timestamp,
}

/// All additions of the MSP, and the linked accounts that have none.
pub async fn list(portal: &PortalRequest<'_>) -> Result<Vec<Row>, ServiceError> {
    let store = &portal.call.app.store;
    let mut links: HashMap<AccountKey, AgreementLink> =
        store.agreements(portal.msp).await?.into_iter().map(|link| (link.account.clone(), link)).collect();
    let mut billed = Vec::new();
    let mut reads = Vec::new();
    for record in store.additions(portal.msp).await? {
        let account = AccountKey { application: record.subscription.application, account: record.account.clone() };
        let link = links.get(&account).cloned();
        billed.push(account);
        reads.push(told(store, record, link).boxed());
    }
    let mut rows: Vec<Row> = stream::iter(reads).buffered(READ_CONCURRENCY).try_collect().await?;
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

/// Tries again now, and tells how it went.
pub async fn retry(portal: &PortalRequest<'_>, again: &Again) -> Result<Vec<Row>, ServiceError> {
    let anew = again.anew()?;
    let store = &portal.call.app.store;
    let tried: Vec<AdditionRecord> = if let Some(subscription) = &again.subscription {
        vec![one(portal, again.application, subscription).await?]
    } else {
        let records = store.additions(portal.msp).await?.into_iter();
        records.filter(|record| record.sync.state.is_out_of_sync()).collect()
    };
    let (mut rows, silent) = (Vec::new(), CircuitBreaker::default());
    for record in tried {
        if !portal.call.deadline.remaining_for_calls().is_zero() {
            let turn = portal.turn(&record.subscription.subscription, anew, &silent);
            Box::pin(sync(portal.call.app, &record.subscription, &turn)).await?;
        }
        let account = AccountKey { application: record.subscription.application, account: record.account.clone() };
        let link = store.agreement(&account).await?.filter(|link| link.msp == portal.msp);
        // There is none if there was nothing to be billed.
        let Some(record) = store.addition(&record.subscription).await? else { continue };
        rows.push(told(store, record, link).await?);
    }
    Ok(rows)
}

/// The one addition that is named; a fresh one of a subscription that is linked and that nobody looked at yet.
async fn one(
    portal: &PortalRequest<'_>,
    application: Option<Uuid>,
    subscription: &str,
) -> Result<AdditionRecord, ServiceError> {
    let store = &portal.call.app.store;
    let unknown =
        || Faults::of("subscription", "It is not linked with an agreement of yours. See portal/additions/list.");
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

/// How an addition stands: pending, too, if what was sold or linked since was not looked at yet.
async fn told(store: &Store, record: AdditionRecord, link: Option<AgreementLink>) -> Result<Row, ServiceError> {
    let wish = match &link {
        Some(_) => store.subscription(&record.subscription).await?.and_then(|sold| DesiredAddition::of(&sold, link.as_ref())),
        None => None,
    };
    let outdated = wish.is_some_and(|wish| !sync::is_up_to_date(&record.sync, Some(&wish.fingerprint()), RetryMode::None));
    let row = row(record, link.as_ref());
    if !outdated || row.state == State::Pending {
        return Ok(row);
    }
    let reason = "It was changed since, which is looked at by itself in a moment.".to_owned();
    Ok(Row { state: State::Pending, reason: Some(reason), to_do: None, ..row })
}

fn row(record: AdditionRecord, link: Option<&AgreementLink>) -> Row {
    let held = record.tracked.as_ref();
    Row {
        application: record.subscription.application,
        account: record.account,
        organization: link.and_then(|link| link.organization.clone()),
        subscription: Some(record.subscription.subscription),
        company: link.map(|link| link.company),
        agreement: held.map(|line| line.agreement).or(link.map(|link| link.agreement)),
        addition: held.map(|line| line.addition),
        product: held.map(|line| line.product),
        state: match record.sync.state {
            store::SyncState::Pending => State::Pending,
            store::SyncState::Synced => State::Applied,
            store::SyncState::Failed => State::Failed,
            store::SyncState::Unlinked => State::Unlinked,
        },
        reason: record.sync.reason,
        to_do: record.sync.required_action,
        updated_at: record.sync.updated_at,
    }
}

fn linked(link: AgreementLink) -> Row {
    Row {
        application: link.account.application,
        account: link.account.account,
        organization: link.organization,
        subscription: None,
        company: Some(link.company),
        agreement: Some(link.agreement),
        addition: None,
        product: None,
        state: State::Linked,
        reason: None,
        to_do: None,
        updated_at: link.linked_at,
    }
}
