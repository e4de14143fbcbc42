//! The DynamoDB table: items, keys, conditional writes and the work index. No other code knows attribute names.
//! `docs/reference/table-items.md` lists all of them.
//!
//! | Item | Partition key | Sort key |
//! | --- | --- | --- |
//! | [`AccountRecord`] | `<application>#account#<BSS account id>` | `account` |
//! | [`SearchCursor`] | as the account | `search` |
//! | [`AgreementLink`] | as the account | `agreement` |
//! | [`SubscriptionRecord`](crate::domain::subscription_record::SubscriptionRecord) | `<application>#subscription#<BSS subscription id>` | `subscription` |
//! | [`AdditionRecord`] | as the subscription | `addition` |
//! | [`Link`] | `<application>#external#<external id>` | `link` |
//! | [`SealedCredentials`] | `<application>#partner#<fingerprint>` | `partner` |
//! | [`SessionRecord`] | `session#<fingerprint of the token>` | `session` |
//! | [`Try`] | `tries#<fingerprint>#<end of the window>` | `tries` |
//! | [`EnrolledMsp`] | `msps` | `<MSP>` |
//! | [`ResellerTokenRecord`] | `msp#<id of the token>` | `reseller-token` |
//! | [`PersonRecord`] | `msp#<MSP>` | `person#<address>` |
//! | [`IdentityRecord`] | `msp#<MSP>` | `identity` |
//! | [`SignInRecord`] | `sign-in#<fingerprint of the state>` | `sign-in` |
//! | [`MspRecord`], [`DraftRecord`], the MSP's lock | `msp#<MSP>` | `settings`, `draft`, `lock` |
//! | request to retry what failed | `msp#<MSP>` | `retry` |
//! | [`PlanRecord`] | `msp#<MSP>` | `plan#<plan>` |
//! | [`CompanyTicketFields`] | `msp#<MSP>` | `ticket-fields#<company>` |
//! | [`Snooze`] | `msp#<MSP>` | `snooze#<scope>` |
//! | [`TicketRules`] | `msp#<MSP>` | `ticket-rules` |
//! | [`HistoryEntry`] | `msp#<MSP>` | `history#<time>#<id>` |
//! | [`DigestRecord`] | `digest#<MSP>#<first day>` | `digest` |
//! | [`DigestState`] | `msp#<MSP>` | `digest-state` |
//! | list of the MSP's tickets that are not opened at present | `msp#<MSP>` | `held#…` |
//! | lists of the MSP's links, subscriptions and tickets | `msp#<MSP>` | `agreement#…`, `subscription#…`, `ticket#…` |
//! | subscription that owns an addition | `msp#<MSP>` | `addition#<agreement>/<addition>` |
//! | [`ActionRecord`] | `action#<region>.<kind>.<id>` | `action` |
//! | [`FailuresRecord`] | `organization#<organization>` | `failures` |
//! | [`FailingAction`] | `organization#<organization>` | `failures#<grouped, single or suspected>#<region>.<kind>.<id>` |
//! | [`ConfiguredActions`] | `organization#<organization>` | `configurations#<place>#<number>` |
//! | [`RequestedConfigurations`] | `organization#<organization>` | `configurations#requested#<fingerprint>` |
//! | account of an organization | `organization#<organization>` | `account` |
//! | [`TicketRecord`] | as the action or the organization | `ticket` |
//! | accepted report | `report#<fingerprint>` | `report` |
//! | [`MonitorCursor`] | `monitor` | `round` |
//!
//! The sparse index `work` has the accounts with a job, the additions and tickets that are leased, pending or failed,
//! the requests to retry, and the subscriptions with a renewal to look at.
//!
//! Every read is by key and consistent, except for reads of the index. Nothing scans. Every write of an account, a
//! subscription or a link is conditional. A [`Link`] leads from an external id to its record. It is written in the same
//! transaction as the record, so no two records can claim one object at the vendor.
//!
//! This room imports `config`, `connectwise` (ids and terms of billing, never the client) and `domain`. It never knows
//! a vendor's API or a request.

mod account;
mod action;
mod addition;
mod agreement;
mod audit;
mod changed_item;
mod commit;
mod company_fields;
mod configurations;
mod credentials;
mod digest;
mod failures;
mod held_ticket;
mod history;
mod identity;
mod keys;
mod link;
mod monitor_cursor;
mod msp;
mod person;
mod plan;
mod refusal;
mod report_nonce;
mod reseller_token;
mod retry_request;
mod search_cursor;
mod session;
mod sign_in;
mod snooze;
mod subscription;
mod sync_state;
mod table;
mod ticket;
mod ticket_rules;
mod tries;
mod usage_key;
mod work_index;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::{BuildError, DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use account::{AccountRecord, ClaimResult, InFlightJob, PendingTenantCreate, TenantMove, VendorTenant};
pub use action::{ActionRecord, EntryChange};
pub use addition::{
    AdditionRecord, ListedSubscription, PendingAdditionCreate, PendingAdditionEnd, ProductDefaults, TrackedAddition,
};
pub use agreement::{AgreementLink, UsedSeats};
pub use audit::{
    AuditProgress, AuditRun, AuditSettings, AuditState, AuditSummary, Dismissal, Finding, FindingKind, FindingSums,
    Fix, FoundAddition, MAX_SUMMARIES, Money, MoneyDirection,
};
pub use changed_item::{ChangedItem, ItemKeys};
pub use commit::Commit;
pub use company_fields::CompanyTicketFields;
pub use configurations::{
    CREATING_WINDOW, ConfigurationLedger, ConfigurationPlace, ConfiguredActions, RequestedConfigurations,
};
pub use credentials::SealedCredentials;
pub use digest::{DigestRecord, DigestState, LastDigest, PendingDigestCreate};
pub use failures::{FailingAction, FailureClass, FailuresRecord, KnownFailures, MAX_SAMPLE, MappedFailure};
pub use history::{HistoryEntry, HistoryRange, NewHistoryEntry};
pub use identity::IdentityRecord;
pub use keys::{
    ACTION, AGREEMENT, AccountKey, DigestKey, FAILURES, SUBSCRIPTION, SubscriptionKey, TicketSubject, account_of,
    action_of, organization_of, subscription,
};
pub use link::{Link, Target};
pub use monitor_cursor::MonitorCursor;
pub use msp::{ConnectionRecord, DraftRecord, EnrolledMsp, MspRecord, TicketContact, TicketMapping};
pub use person::{PersonRecord, Subject};
pub use plan::PlanRecord;
pub use refusal::Refusal;
pub use reseller_token::{ResellerTokenRecord, TokenReplacement};
pub use search_cursor::SearchCursor;
pub use session::{SessionPerson, SessionRecord};
pub use sign_in::SignInRecord;
pub use snooze::{MAX_SNOOZE_KEY, Snooze, SnoozeScope};
pub use sync_state::{SyncKey, SyncRecord, SyncState, SyncStatus};
pub use ticket::{CreateKind, PendingTicketCreate, TicketRecord, TrackedTicket};
pub use ticket_rules::{DigestSettings, TicketRules};
pub use tries::Try;
pub use usage_key::UsageKeyRecord;
pub use work_index::SHARDS;

use crate::config;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::store::keys::Item;

/// Number of items of a list that are read concurrently.
pub(crate) const READ_CONCURRENCY: usize = 32;

/// An operation that failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The table did not answer, rejected the request or throttled it. A write may or may not have been made.
    #[error("the table is unavailable: {0}")]
    Unavailable(String),
    /// The caller no longer owns the lease.
    #[error("the lease was lost")]
    LeaseLost,
    /// Another record claims this external id.
    #[error("{0} is linked to another record")]
    ExternalIdTaken(ExternalId),
    /// An item that this version cannot read, or a value that cannot be stored.
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

impl From<BuildError> for StoreError {
    fn from(error: BuildError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// The table.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
}

impl Store {
    /// Returns the table named by `TABLE_NAME` (default `service-manager`). The standard AWS settings apply, among them
    /// `AWS_ENDPOINT_URL_DYNAMODB`.
    pub fn from_env(aws: &aws_config::SdkConfig) -> Self {
        let table = config::optional("TABLE_NAME").unwrap_or_else(|| "service-manager".to_owned());
        Self::new(aws, table)
    }

    /// Returns the table named `table`. An attempt of a call ends after 2 s, a call after 5 s.
    pub fn new(aws: &aws_config::SdkConfig, table: String) -> Self {
        Self::with_timeouts(aws, table, Duration::from_secs(2), Duration::from_secs(5))
    }

    /// Returns the table named `table`, with other time limits of an attempt and of a call, for engines that are slower than
    /// `DynamoDB`.
    pub fn with_timeouts(aws: &aws_config::SdkConfig, table: String, attempt: Duration, call: Duration) -> Self {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).operation_timeout(call).build();
        let config = aws_sdk_dynamodb::config::Builder::from(aws)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .build();
        Self { client: Client::from_conf(config), table }
    }

    async fn get<T: DeserializeOwned>(&self, key: (String, impl Into<String>)) -> Result<Option<T>, StoreError> {
        self.get_item(key).await?.map(from_item).transpose()
    }

    async fn get_item(&self, key: (String, impl Into<String>)) -> Result<Option<Item>, StoreError> {
        let response = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(response.item)
    }

    /// Returns all items of a partition, ordered by sort key.
    async fn query_partition<T: DeserializeOwned>(&self, partition: String) -> Result<Vec<T>, StoreError> {
        collect(self.query("pk = :partition", partition)).await
    }

    /// Returns all items of a partition whose sort keys begin with `prefix`, which is not empty: DynamoDB refuses an
    /// empty value of a key ("Constraints in Amazon DynamoDB": a sort key has at least 1 byte).
    async fn query_prefix<T: DeserializeOwned>(&self, partition: String, prefix: &str) -> Result<Vec<T>, StoreError> {
        collect(self.query_below(partition, prefix)).await
    }

    /// Returns the first `limit` items of a partition whose sort keys begin with `prefix` and come after `after`.
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
        self.query("pk = :partition AND begins_with(sk, :prefix)", partition)
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
    }

    fn query(&self, condition: &str, partition: String) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression(condition)
            .expression_attribute_values(":partition", AttributeValue::S(partition))
            .consistent_read(true)
    }

    /// Writes an item and replaces an existing one.
    async fn put(&self, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(drop).map_err(StoreError::unavailable)
    }

    /// Writes an item if the condition of `put` holds. Returns `false` if it does not.
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

    /// Updates an item if the condition of `update` holds. Returns `false` if it does not.
    async fn update_conditional(&self, update: UpdateItemFluentBuilder) -> Result<bool, StoreError> {
        match update.table_name(&self.table).send().await {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(error.as_service_error(), Some(UpdateItemError::ConditionalCheckFailedException(_))) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Deletes an item if the condition of `delete` holds. Returns `false` if it does not.
    async fn delete_conditional(&self, delete: DeleteItemFluentBuilder) -> Result<bool, StoreError> {
        match delete.table_name(&self.table).send().await {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(error.as_service_error(), Some(DeleteItemError::ConditionalCheckFailedException(_))) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    async fn delete(&self, key: (String, impl Into<String>)) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(keys::item(key)));
        delete.send().await.map(drop).map_err(StoreError::unavailable)
    }

    /// Opens a connection, including the TLS handshake, so that the first request finds one. An error is only logged,
    /// because the first request meets it again.
    pub async fn warm(&self) {
        let key = (String::from("warm"), "up");
        if let Err(error) = self.get::<serde_json::Value>(key).await {
            tracing::debug!(%error, "warm-up failed");
        }
    }
}

async fn collect<T: DeserializeOwned>(query: QueryFluentBuilder) -> Result<Vec<T>, StoreError> {
    let pages = query.into_paginator().items().send();
    let items: Vec<Item> = pages.collect::<Result<_, _>>().await.map_err(StoreError::unavailable)?;
    items.into_iter().map(from_item).collect()
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
                "The service manager's table could not be reached. No data is lost. Press Retry.",
            )
            .with_internal(reason),
            StoreError::LeaseLost => Self::new(
                ErrorCode::InProgress,
                "Another call took over this account while this one was in progress. Press Retry in 30 seconds.",
            ),
            StoreError::ExternalIdTaken(id) => Self::new(
                ErrorCode::ExternalIdTaken,
                format!("{id} at the vendor is linked to another BSS account. Unlink it from that account first."),
            ),
            StoreError::Unreadable(reason) => Self::internal(reason),
        }
    }
}
