//! How far a subscription's addition has come, beside the subscription itself: an item of its own, because sales write the
//! subscription, and what ConnectWise answered must not be lost to a sale at the same time.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::commit::{invalid, refused_item};
use super::{READ_CONCURRENCY, AccountKey, Store, StoreError, SubscriptionKey, keys, to_item, to_value, work_index};
use crate::connectwise::api::addition::Billing;
use crate::connectwise::{AdditionId, AgreementId, CatalogItemId};
use crate::domain::ids::AccountId;
use crate::domain::msp::MspId;
use crate::store::sync_state::{self, SyncStatus, SyncRecord};

const LISTED: &str = "subscription#";
const OWNED: &str = "addition#";

/// A create that was sent and may have been carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAdditionCreate {
    /// What it was sent for.
    pub agreement: AgreementId,
    /// Of what.
    pub product: CatalogItemId,
    /// What a unit is sold for, if we said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Decimal>,
    /// Open additions of that product that were there before.
    pub pre_existing: Vec<AdditionId>,
    /// When.
    pub at: Timestamp,
}

/// A line of an agreement, as we last made or left it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackedAddition {
    /// The agreement.
    pub agreement: AgreementId,
    /// The addition.
    pub addition: AdditionId,
    /// The product that we gave it.
    pub product: CatalogItemId,
    /// Whether it is billed, as we said.
    pub billing: Billing,
    /// What a unit is sold for, if we said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Decimal>,
    /// What it is unless a person says otherwise.
    pub defaults: ProductDefaults,
    /// Whether we ended it.
    pub ended: bool,
    /// The last day that it is billed, once it has ended; none if it never is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_billed_day: Option<Date>,
}

/// What an addition has from its product: what differs from it was set by a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductDefaults {
    /// What a unit is sold for.
    pub price: Option<Decimal>,
    /// What a unit costs the MSP.
    pub cost: Option<Decimal>,
    /// Whether it is taxed.
    pub taxable: Option<bool>,
    /// What invoices say.
    pub invoice_text: Option<String>,
}

impl TrackedAddition {
    /// It ended, and `last` is the last day that it is billed.
    #[must_use]
    pub fn ended_on(self, last: Option<Date>) -> Self {
        Self { ended: true, last_billed_day: last, ..self }
    }
}

/// A subscription's addition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdditionRecord {
    /// The subscription.
    pub subscription: SubscriptionKey,
    /// Its account.
    pub account: AccountId,
    /// In whose ConnectWise.
    pub msp: MspId,
    /// How far it has come.
    #[serde(flatten)]
    pub sync: SyncStatus,
    /// What is in ConnectWise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked: Option<TrackedAddition>,
    /// What may be there besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_create: Option<PendingAdditionCreate>,
}

/// Whose addition it is.
#[derive(Debug, Serialize, Deserialize)]
struct Owner {
    subscription: SubscriptionKey,
}

/// An entry of the list of an MSP's subscriptions.
#[derive(Debug, Serialize, Deserialize)]
struct IndexEntry {
    subscription: SubscriptionKey,
}

impl AdditionRecord {
    /// Nothing was done yet.
    pub fn new(subscription: SubscriptionKey, account: AccountId, msp: MspId, now: Timestamp) -> Self {
        Self { subscription, account, msp, sync: SyncStatus::new(now), tracked: None, pending_create: None }
    }

    fn listed(&self) -> String {
        let account = AccountKey { application: self.subscription.application, account: self.account.clone() };
        format!("{}{}", listed_of(&account), self.subscription.subscription)
    }
}

impl SyncRecord for AdditionRecord {
    const RETRY_ENDPOINT: &'static str = "portal/additions/retry";

    fn status(&self) -> &SyncStatus {
        &self.sync
    }

    fn status_mut(&mut self) -> &mut SyncStatus {
        &mut self.sync
    }

    fn key(&self) -> (String, String) {
        let (partition, sort) = self.subscription.addition();
        (partition, sort.to_owned())
    }

    fn msp(&self) -> MspId {
        self.msp
    }

    fn shard(&self) -> String {
        work_index::addition_shard(&self.subscription)
    }
}

impl Store {
    /// The subscription's addition, one keyed read.
    pub async fn addition(&self, key: &SubscriptionKey) -> Result<Option<AdditionRecord>, StoreError> {
        self.get(key.addition()).await
    }

    /// The additions of all subscriptions that the MSP has had linked.
    pub async fn additions(&self, msp: MspId) -> Result<Vec<AdditionRecord>, StoreError> {
        let reads: Vec<_> = self.indexed_subscriptions(msp).await?;
        let reads: Vec<_> = reads.into_iter().map(|key| async move { self.addition(&key).await }.boxed()).collect();
        let records: Vec<_> = stream::iter(reads).buffered(READ_CONCURRENCY).try_collect().await?;
        Ok(records.into_iter().flatten().filter(|record: &AdditionRecord| record.msp == msp).collect())
    }

    /// The subscriptions of an account that the MSP has had linked.
    pub async fn billed_subscriptions(
        &self,
        msp: MspId,
        account: &AccountKey,
    ) -> Result<Vec<SubscriptionKey>, StoreError> {
        let listed = self.query_prefix::<IndexEntry>(keys::msp(msp), &listed_of(account)).await?;
        Ok(listed.into_iter().map(|listed| listed.subscription).collect())
    }

    /// All subscriptions that the MSP has had linked.
    pub async fn indexed_subscriptions(&self, msp: MspId) -> Result<Vec<SubscriptionKey>, StoreError> {
        let listed = self.query_prefix::<IndexEntry>(keys::msp(msp), LISTED).await?;
        Ok(listed.into_iter().map(|listed| listed.subscription).collect())
    }

    /// Puts the subscription on the list of those that the MSP has had linked.
    pub async fn index_addition(&self, record: &AdditionRecord) -> Result<(), StoreError> {
        let listed = IndexEntry { subscription: record.subscription.clone() };
        self.put(to_item(&listed, (keys::msp(record.msp), record.listed()))?).await
    }

    /// Writes the record together with whose its addition is. False if the addition is another subscription's.
    pub async fn claim_addition(&self, record: &AdditionRecord, line: &TrackedAddition, owner: &str) -> Result<bool, StoreError> {
        let of_record = Put::builder()
            .table_name(&self.table)
            .set_item(Some(sync_state::item(record)?))
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()))
            .build()
            .map_err(invalid)?;
        let key = (keys::msp(record.msp), ownership_key(line.agreement, line.addition));
        let of_line = Put::builder()
            .table_name(&self.table)
            .set_item(Some(to_item(&Owner { subscription: record.subscription.clone() }, key)?))
            .condition_expression("attribute_not_exists(pk) OR subscription = :subscription")
            .expression_attribute_values(":subscription", to_value(&record.subscription)?)
            .build()
            .map_err(invalid)?;
        let written = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(of_record).build())
            .transact_items(TransactWriteItem::builder().put(of_line).build())
            .send()
            .await;
        let refused = |error: &TransactWriteItemsError| refused_item(error);
        match written {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error().and_then(refused) {
                Some(0) => Err(StoreError::LeaseLost),
                Some(_) => Ok(false),
                None => Err(StoreError::unavailable(error)),
            },
        }
    }

    /// Whose the addition is; none if it is no subscription's.
    pub async fn owner_of(
        &self,
        msp: MspId,
        agreement: AgreementId,
        addition: AdditionId,
    ) -> Result<Option<SubscriptionKey>, StoreError> {
        let owner: Option<Owner> = self.get((keys::msp(msp), ownership_key(agreement, addition))).await?;
        Ok(owner.map(|owner| owner.subscription))
    }
}

fn listed_of(account: &AccountKey) -> String {
    format!("{LISTED}{}/", account.reference())
}

fn ownership_key(agreement: AgreementId, addition: AdditionId) -> String {
    format!("{OWNED}{agreement}/{addition}")
}
