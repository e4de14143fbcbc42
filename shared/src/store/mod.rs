//! The one table: account, subscription and link items, and the only place that knows attribute names.
//!
//! | item | partition key | sort key |
//! | --- | --- | --- |
//! | [`AccountRecord`] | `<application>#account#<BSS account id>` | `account` |
//! | [`SearchProgress`] | same as the account's | `search` |
//! | [`SubscriptionRecord`] | `<application>#subscription#<BSS subscription id>` | `subscription` |
//! | [`Link`] | `<application>#external#<external id>` | `link` |
//! | [`PartnerRecord`] | `<application>#partner#<fingerprint>` | `partner` |
//! | [`SessionRecord`] | `session#<fingerprint of the token>` | `session` |
//! | [`AgreementLink`] | same as the account's | `agreement` |
//! | [`AdditionRecord`] | same as the subscription's | `addition` |
//! | [`MspRecord`], [`DraftRecord`] | `msp#<MSP>` | `settings`, `draft` |
//! | that the MSP's errands that failed are tried again | `msp#<MSP>` | `again` |
//! | [`PlanRecord`] | `msp#<MSP>` | `plan#<plan>` |
//! | the MSP's lists of agreements, additions and tickets | `msp#<MSP>` | `agreement#…`, `subscription#…`, `ticket#…` |
//! | [`ActionRecord`] | `action#<region>.<kind>.<id>` | `action` |
//! | [`FailuresRecord`] | `organization#<organization>` | `failures` |
//! | [`TicketRecord`] | same as the action's or the organization's | `ticket` |
//! | which account an organization is | `organization#<organization>` | `account` |
//! | whose an addition is | `msp#<MSP>` | `addition#<agreement>/<addition>` |
//!
//! The index `work` holds the accounts with work in flight or left behind, by when its lease ends, and the additions and
//! tickets that are not as they shall be, by when they are due; those that have failed, by when they did.
//!
//! Every read is by key and, but for the index, consistent; every write of an account, a subscription or a link is
//! conditional; nothing scans. A link leads from an external id
//! back to its record, and, being written in the same transaction, makes sure that no two records claim one vendor
//! object.

mod account;
mod action;
mod addition;
mod agreement;
mod changed_item;
mod commit;
mod keys;
mod link;
mod monitor_cursor;
mod msp;
mod credentials;
mod plan;
mod report_nonce;
mod retry_request;
mod search_cursor;
mod session;
mod subscription;
mod sync_state;
mod table;
mod ticket;
mod work_index;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use account::{AccountRecord, ClaimResult, PendingTenantCreate, VendorTenant, InFlightJob};
pub use action::{ActionRecord, FailingAction, FailuresRecord};
pub use addition::{AdditionRecord, PendingAdditionCreate, TrackedAddition, ProductDefaults};
pub use agreement::AgreementLink;
pub use changed_item::{ItemKeys, ChangedItem};
pub use commit::Commit;
pub use keys::{
    ACTION, AGREEMENT, AccountKey, FAILURES, SUBSCRIPTION, SubscriptionKey, account_of, action_of, organization_of,
    subscription,
};
pub use link::{Link, Target};
pub use monitor_cursor::{EnrolledMsp, MonitorCursor};
pub use msp::{ConnectionRecord, DraftRecord, TicketMapping, MspRecord};
pub use credentials::SealedCredentials;
pub use plan::PlanRecord;
pub use search_cursor::SearchCursor;
pub use session::SessionRecord;
pub use sync_state::{SyncStatus, SyncKey, SyncRecord, SyncState};
pub use ticket::{TicketSubject, CreateKind, TrackedTicket, PendingTicketCreate, TicketRecord};
pub use work_index::SHARDS;

use crate::config;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;

/// How many items of a list are read at once.
pub(crate) const READ_CONCURRENCY: usize = 32;

type Item = std::collections::HashMap<String, AttributeValue>;

/// What the store could not do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The table did not answer, refused, or is throttled; what was asked may or may not have been done.
    #[error("the table is unavailable: {0}")]
    Unavailable(String),
    /// The account's lease is not the caller's any more.
    #[error("the lease was lost")]
    LeaseLost,
    /// Another record claims this external id.
    #[error("{0} is linked to another record")]
    ExternalIdTaken(ExternalId),
    /// An item that this version can't read, or a value that can't be stored.
    #[error("an item does not fit its type: {0}")]
    Unreadable(String),
}

impl StoreError {
    fn unavailable<E>(error: SdkError<E>) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        Self::Unavailable(DisplayErrorContext(error).to_string())
    }
}

/// The table.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
}

impl Store {
    /// The table named by `TABLE_NAME` (default `service-manager`), reached with the standard AWS settings, among
    /// them `AWS_ENDPOINT_URL_DYNAMODB`.
    pub fn from_env(aws: &aws_config::SdkConfig) -> Self {
        let table = config::optional("TABLE_NAME").unwrap_or_else(|| "service-manager".to_owned());
        Self::new(aws, table)
    }

    /// The table `table`.
    pub fn new(aws: &aws_config::SdkConfig, table: String) -> Self {
        let config = aws_sdk_dynamodb::config::Builder::from(aws)
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(1))
                    .operation_attempt_timeout(Duration::from_secs(2))
                    .operation_timeout(Duration::from_secs(5))
                    .build(),
            )
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .build();
        Self { client: Client::from_conf(config), table }
    }

    async fn get<T: DeserializeOwned>(&self, key: (String, impl Into<String>)) -> Result<Option<T>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        answer.item.map(from_item).transpose()
    }

    /// Everything in a partition whose sort key begins with `prefix`.
    async fn query_prefix<T: DeserializeOwned>(&self, partition: String, prefix: &str) -> Result<Vec<T>, StoreError> {
        let pages = self.query_below(partition, prefix).into_paginator().items().send();
        let items: Vec<Item> = pages.collect::<Result<_, _>>().await.map_err(StoreError::unavailable)?;
        items.into_iter().map(from_item).collect()
    }

    /// The first `limit` items of a partition whose sort keys begin with `prefix` and come after `after`.
    async fn query_page<T: DeserializeOwned>(
        &self,
        partition: String,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<T>, StoreError> {
        let start = after.map(|after| keys::item((partition.clone(), after)));
        let mut pages = self
            .query_below(partition, prefix)
            .set_exclusive_start_key(start)
            .into_paginator()
            .page_size(i32::try_from(limit).unwrap_or(i32::MAX))
            .items()
            .send();
        let mut items = Vec::new();
        while items.len() < limit {
            let Some(item) = pages.next().await else { break };
            items.push(from_item(item.map_err(StoreError::unavailable)?)?);
        }
        Ok(items)
    }

    fn query_below(&self, partition: String, prefix: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :partition AND begins_with(sk, :prefix)")
            .expression_attribute_values(":partition", AttributeValue::S(partition))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
            .consistent_read(true)
    }

    /// Writes an item in the place of whatever is there.
    async fn put(&self, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(drop).map_err(StoreError::unavailable)
    }

    /// Writes an item on a condition. False if that did not hold.
    async fn put_conditional(&self, put: PutItemFluentBuilder) -> Result<bool, StoreError> {
        match put.table_name(&self.table).send().await {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(error.as_service_error(), Some(PutItemError::ConditionalCheckFailedException(_))) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Deletes an item, unless the condition of `delete` fails.
    async fn delete_conditional(&self, delete: DeleteItemFluentBuilder) -> Result<(), StoreError> {
        match delete.table_name(&self.table).send().await {
            Err(error)
                if !matches!(error.as_service_error(), Some(DeleteItemError::ConditionalCheckFailedException(_))) =>
            {
                Err(StoreError::unavailable(error))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn delete(&self, key: (String, impl Into<String>)) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(keys::item(key)));
        delete.send().await.map(drop).map_err(StoreError::unavailable)
    }

    /// Connects and, where the transport is encrypted, shakes hands, so that the first request finds a warm
    /// connection. An error does not matter here: the first request will meet it again.
    pub async fn warm(&self) {
        let key = (String::from("warm"), "up");
        if let Err(error) = self.get::<serde_json::Value>(key).await {
            tracing::debug!(%error, "warming failed");
        }
    }
}

fn to_item<T: Serialize>(record: &T, key: (String, impl Into<String>)) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(record).map_err(unreadable)?;
    item.extend(keys::item(key));
    Ok(item)
}

fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(item).map_err(unreadable)
}

fn to_value<T: Serialize>(value: T) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(unreadable)
}

#[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
fn unreadable(error: serde_dynamo::Error) -> StoreError {
    StoreError::Unreadable(error.to_string())
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(reason) => Self::new(
                ErrorCode::StoreUnavailable,
                "The service manager's records could not be reached. Nothing is lost: press Retry.",
            )
            .with_internal(reason),
            StoreError::LeaseLost => Self::new(
                ErrorCode::InProgress,
                "Another call took over this account while this one was at work. Press Retry in half a minute.",
            ),
            StoreError::ExternalIdTaken(id) => Self::new(
                ErrorCode::ExternalIdTaken,
                format!("{id} at the vendor is linked to another account of the BSS. Unlink it there first."),
            ),
            StoreError::Unreadable(reason) => Self::internal(reason),
        }
    }
}
