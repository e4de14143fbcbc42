//! A subscription's addition in ConnectWise, and its sync status. It is an item beside the subscription, because sales
//! write the subscription, and a concurrent sale must not overwrite ConnectWise's response.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{AccountKey, READ_CONCURRENCY, Store, StoreError, SubscriptionKey, keys, to_item, to_value, work_index};
use crate::connectwise::api::addition::Billing;
use crate::connectwise::{AdditionId, AgreementId, CatalogItemId};
use crate::domain::ids::AccountId;
use crate::domain::msp::MspId;
use crate::store::sync_state::{self, SyncRecord, SyncStatus};

const LIST_PREFIX: &str = "subscription#";
const OWNER_PREFIX: &str = "addition#";

/// A create request that was sent and whose outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAdditionCreate {
    /// The agreement.
    pub agreement: AgreementId,
    /// The product.
    pub product: CatalogItemId,
    /// The price of a unit, if the request set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Decimal>,
    /// Open additions of the product that existed before the request.
    pub pre_existing: Vec<AdditionId>,
    /// The day from which the addition was to be billed. The agreement may have delayed it. `None` for records that were
    /// written before this was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_day: Option<Date>,
    /// The last day that the subscription's former additions charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged_until: Option<Date>,
    /// Time of the request.
    pub at: Timestamp,
}

/// The end of an addition that was chosen, and that ConnectWise may have got already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAdditionEnd {
    /// Time of the event that ends it. Another event is another end.
    pub at: Timestamp,
    /// The last day, as it is sent.
    pub cancelled_date: Date,
}

/// An addition as we last created or changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackedAddition {
    /// The agreement.
    pub agreement: AgreementId,
    /// The addition.
    pub addition: AdditionId,
    /// The product that we set.
    pub product: CatalogItemId,
    /// The billing mode that we set.
    pub billing: Billing,
    /// The price of a unit, if we set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Decimal>,
    /// Values that the product determines unless a person changes them.
    pub defaults: ProductDefaults,
    /// The first billed day when we created or adopted the addition. `None` for records that were written before this was
    /// stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_date: Option<Date>,
    /// The day from which the addition would be billed if the agreement had not delayed it. `None` if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delayed_since: Option<Date>,
    /// The last day that the subscription's additions charge: the former ones, and this one once it has ended. It can be before
    /// `last_billed_day`, if a person deleted the addition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged_until: Option<Date>,
    /// `true` if we ended the addition.
    pub ended: bool,
    /// The last billed day of an ended addition. `None` if it is never billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_billed_day: Option<Date>,
}

/// Values that an addition takes from its product. A person set any value that differs from them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductDefaults {
    /// Price of a unit.
    pub price: Option<Decimal>,
    /// Cost of a unit for the MSP.
    pub cost: Option<Decimal>,
    /// `true` if the addition is taxed.
    pub taxable: Option<bool>,
    /// Text on invoices.
    pub invoice_text: Option<String>,
}

impl TrackedAddition {
    /// Returns the addition as ended, with its last billed day and the last day that it charges.
    #[must_use]
    pub fn ended_on(self, last_billed_day: Option<Date>, charged_until: Option<Date>) -> Self {
        let charged_until = self.charged_until.max(charged_until.filter(|_| self.billing == Billing::Billable));
        Self { ended: true, last_billed_day, charged_until, ..self }
    }

    /// Returns the last day that is billed by this addition, which has ended, or by a former one.
    pub fn billed_until(&self) -> Option<Date> {
        self.last_billed_day.max(self.charged_until)
    }

    /// Returns `true` if this addition charges, and continues a former one that did, without a gap.
    pub fn continues(&self) -> bool {
        let before = self.effective_date.and_then(|first| first.yesterday().ok());
        self.billing == Billing::Billable && before.is_some() && self.charged_until == before
    }
}

/// A subscription's addition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdditionRecord {
    /// The subscription.
    pub subscription: SubscriptionKey,
    /// The subscription's account.
    pub account: AccountId,
    /// The MSP whose ConnectWise has the addition.
    pub msp: MspId,
    /// The sync status.
    #[serde(flatten)]
    pub sync: SyncStatus,
    /// The addition in ConnectWise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked: Option<TrackedAddition>,
    /// A create request whose outcome is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_create: Option<PendingAdditionCreate>,
    /// The end of the tracked addition that was chosen before ConnectWise was asked for it, so that a repeated attempt chooses
    /// the same day, and knows the end as ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_end: Option<PendingAdditionEnd>,
}

/// The subscription that owns an addition.
#[derive(Debug, Serialize, Deserialize)]
struct Owner {
    subscription: SubscriptionKey,
}

/// A subscription in the list of an MSP's, with its account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedSubscription {
    /// The account.
    pub account: AccountKey,
    /// The subscription.
    pub subscription: SubscriptionKey,
}

impl ListedSubscription {
    fn list_key(&self) -> String {
        format!("{}{}", account_list_prefix(&self.account), self.subscription.subscription)
    }
}

/// An entry of the list of an MSP's subscriptions.
#[derive(Debug, Serialize, Deserialize)]
struct IndexEntry {
    subscription: SubscriptionKey,
}

/// An entry of that list with its sort key, which names the account.
#[derive(Debug, Deserialize)]
struct KeyedEntry {
    sk: String,
    subscription: SubscriptionKey,
}

impl AdditionRecord {
    /// Returns the record of a subscription that was not synchronized yet.
    pub fn new(subscription: SubscriptionKey, account: AccountId, msp: MspId, now: Timestamp) -> Self {
        Self {
            subscription,
            account,
            msp,
            sync: SyncStatus::new(now),
            tracked: None,
            pending_create: None,
            pending_end: None,
        }
    }

    fn list_key(&self) -> String {
        let account = AccountKey { application: self.subscription.application, account: self.account.clone() };
        ListedSubscription { account, subscription: self.subscription.clone() }.list_key()
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
    /// Returns the subscription's addition with one keyed read.
    pub async fn addition(&self, key: &SubscriptionKey) -> Result<Option<AdditionRecord>, StoreError> {
        self.get(key.addition()).await
    }

    /// Returns the additions of all subscriptions that were ever linked for the MSP and still belong to it.
    pub async fn additions(&self, msp: MspId) -> Result<Vec<AdditionRecord>, StoreError> {
        let reads: Vec<_> = self.indexed_subscriptions(msp).await?;
        let reads: Vec<_> = reads.into_iter().map(|key| async move { self.addition(&key).await }.boxed()).collect();
        let records: Vec<_> = stream::iter(reads).buffered(READ_CONCURRENCY).try_collect().await?;
        Ok(records.into_iter().flatten().filter(|record: &AdditionRecord| record.msp == msp).collect())
    }

    /// Returns the subscriptions of an account that were ever linked for the MSP.
    pub async fn billed_subscriptions(
        &self,
        msp: MspId,
        account: &AccountKey,
    ) -> Result<Vec<SubscriptionKey>, StoreError> {
        let entries = self.query_prefix::<IndexEntry>(keys::msp(msp), &account_list_prefix(account)).await?;
        Ok(entries.into_iter().map(|entry| entry.subscription).collect())
    }

    /// Returns at most `limit` subscriptions that were ever linked for the MSP, after `after`, ordered by the accounts'
    /// references. Fewer than `limit` are the last ones.
    pub async fn listed_subscriptions(
        &self,
        msp: MspId,
        after: Option<&ListedSubscription>,
        limit: usize,
    ) -> Result<Vec<ListedSubscription>, StoreError> {
        let after = after.map(ListedSubscription::list_key);
        let entries = self.query_page::<KeyedEntry>(keys::msp(msp), LIST_PREFIX, after.as_deref(), limit).await?;
        entries
            .into_iter()
            .map(|KeyedEntry { sk, subscription }| {
                let reference = sk
                    .strip_prefix(LIST_PREFIX)
                    .and_then(|key| key.strip_suffix(&format!("/{}", subscription.subscription)));
                let account = reference.and_then(AccountKey::from_reference);
                let account = account.ok_or_else(|| StoreError::Unreadable(format!("{sk} names no account")))?;
                Ok(ListedSubscription { account, subscription })
            })
            .collect()
    }

    /// Returns all subscriptions that were ever linked for the MSP.
    pub async fn indexed_subscriptions(&self, msp: MspId) -> Result<Vec<SubscriptionKey>, StoreError> {
        let entries = self.query_prefix::<IndexEntry>(keys::msp(msp), LIST_PREFIX).await?;
        Ok(entries.into_iter().map(|entry| entry.subscription).collect())
    }

    /// Adds the subscription to the list of the MSP's subscriptions. Idempotent.
    pub async fn index_addition(&self, record: &AdditionRecord) -> Result<(), StoreError> {
        let entry = IndexEntry { subscription: record.subscription.clone() };
        self.put(to_item(&entry, (keys::msp(record.msp), record.list_key()))?).await
    }

    /// Writes the record and the ownership of its addition in one transaction. Returns `false` if another subscription
    /// owns the addition.
    pub async fn claim_addition(
        &self,
        record: &AdditionRecord,
        addition: &TrackedAddition,
        owner: &str,
    ) -> Result<bool, StoreError> {
        let record_put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(sync_state::item(record)?))
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()))
            .build()?;
        let key = (keys::msp(record.msp), ownership_key(addition.agreement, addition.addition));
        let owner_put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(to_item(&Owner { subscription: record.subscription.clone() }, key)?))
            .condition_expression("attribute_not_exists(pk) OR subscription = :subscription")
            .expression_attribute_values(":subscription", to_value(&record.subscription)?)
            .build()?;
        let items = vec![
            TransactWriteItem::builder().put(record_put).build(),
            TransactWriteItem::builder().put(owner_put).build(),
        ];
        match self.write_together(items).await? {
            None => Ok(true),
            Some(0) => Err(StoreError::LeaseLost),
            Some(_) => Ok(false),
        }
    }

    /// Returns the subscription that owns an addition. `None` if no subscription owns it.
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

fn account_list_prefix(account: &AccountKey) -> String {
    format!("{LIST_PREFIX}{}/", account.reference())
}

fn ownership_key(agreement: AgreementId, addition: AdditionId) -> String {
    format!("{OWNER_PREFIX}{agreement}/{addition}")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::{ApplicationId, SubscriptionId};
    use crate::store::SyncState;

    fn record(status: SyncStatus) -> AdditionRecord {
        let subscription = SubscriptionKey {
            application: ApplicationId::new(Uuid::nil()),
            subscription: SubscriptionId::parse("S1").unwrap(),
        };
        let msp = MspId::from_reseller_token(&"https://vendor.example".parse().unwrap(), &"token".into());
        let record = AdditionRecord::new(subscription, AccountId::parse("7").unwrap(), msp, status.updated_at);
        AdditionRecord { sync: status, ..record }
    }

    fn shard(status: SyncStatus) -> String {
        let item = sync_state::item(&record(status)).unwrap();
        item["work_shard"].as_s().unwrap().clone()
    }

    #[test]
    fn a_failed_record_under_a_lease_is_found_when_the_lease_expires() {
        let failed = SyncStatus { state: SyncState::Failed, ..SyncStatus::new(Timestamp::UNIX_EPOCH) };
        let at_rest = SyncStatus { failed_at: Some(1), ..failed.clone() };
        let retried = SyncStatus { lease_expires_at: Some(1), lease_owner: Some("attempt".to_owned()), ..failed };
        assert!(shard(at_rest).starts_with("failed#"));
        assert!(shard(retried).starts_with("addition#"));
    }
}
