//! How far a subscription's addition has come, beside the subscription itself: an item of its own, because sales write the
//! subscription, and what ConnectWise answered must not be lost to a sale at the same time.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::commit::{invalid, refused_item};
use super::{AccountKey, Item, Store, StoreError, SubscriptionKey, from_item, keys, to_item, to_value, work_index};
use crate::connectwise::addition::Billing;
use crate::connectwise::{AdditionId, AgreementId, CatalogItemId};
use crate::fingerprint::Fingerprint;
use crate::ids::AccountId;
use crate::msp::MspId;

const LISTED: &str = "subscription#";
const OWNED: &str = "addition#";

/// Where an addition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdditionState {
    /// It is not yet as it shall be; that is tried again by itself.
    Pending,
    /// It is as it shall be.
    Applied,
    /// It can't be as it shall be until somebody mends something.
    Failed,
    /// The account has no agreement any more; the addition is left as it was.
    Unlinked,
}

/// A create that was sent and may have been carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creating {
    /// What it was sent for.
    pub agreement: AgreementId,
    /// Of what.
    pub product: CatalogItemId,
    /// Open additions of that product that were there before.
    pub others: Vec<AdditionId>,
    /// When.
    pub at: Timestamp,
}

/// A line of an agreement, as we last made or left it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The agreement.
    pub agreement: AgreementId,
    /// The addition.
    pub addition: AdditionId,
    /// The product that we gave it.
    pub product: CatalogItemId,
    /// Whether it is billed, as we said.
    pub billing: Billing,
    /// Whether we ended it.
    pub ended: bool,
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
    /// Where it stands.
    pub state: AdditionState,
    /// Why it is not as it shall be; what there is to know, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What somebody has to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_do: Option<String>,
    /// What the state is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<Fingerprint>,
    /// What is in ConnectWise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
    /// What may be there besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creating: Option<Creating>,
    /// Since when it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_since: Option<Timestamp>,
    /// Who is at work on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_owner: Option<String>,
    /// When others may take over or, if nobody is at work on it, when it is due; in milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<i64>,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// Whose addition it is.
#[derive(Debug, Serialize, Deserialize)]
struct Owner {
    subscription: SubscriptionKey,
}

/// An entry of the list of an MSP's subscriptions.
#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    subscription: SubscriptionKey,
}

impl AdditionRecord {
    /// Nothing was done yet.
    pub fn new(subscription: SubscriptionKey, account: AccountId, msp: MspId, now: Timestamp) -> Self {
        Self {
            subscription,
            account,
            msp,
            state: AdditionState::Pending,
            reason: None,
            to_do: None,
            wish: None,
            line: None,
            creating: None,
            pending_since: None,
            lease_owner: None,
            lease_until: None,
            updated_at: now,
        }
    }

    fn listed(&self) -> String {
        let account = AccountKey { application: self.subscription.application, account: self.account.clone() };
        format!("{}{}", listed_of(&account), self.subscription.subscription)
    }

    fn item(&self) -> Result<Item, StoreError> {
        let mut item = to_item(self, self.subscription.addition())?;
        if let Some(until) = self.lease_until {
            item.extend(work_index::entry(work_index::addition_shard(&self.subscription), until));
        }
        Ok(item)
    }
}

impl Store {
    /// The subscription's addition, one keyed read.
    pub async fn addition(&self, key: &SubscriptionKey) -> Result<Option<AdditionRecord>, StoreError> {
        self.read(key.addition()).await
    }

    /// The additions of all subscriptions that the MSP has had linked.
    pub async fn additions(&self, msp: MspId) -> Result<Vec<AdditionRecord>, StoreError> {
        let mut records = Vec::new();
        for Listed { subscription } in self.below::<Listed>(keys::msp(msp), LISTED).await? {
            records.extend(self.addition(&subscription).await?.filter(|record| record.msp == msp));
        }
        Ok(records)
    }

    /// The subscriptions of an account that the MSP has had linked.
    pub async fn billed_subscriptions(
        &self,
        msp: MspId,
        account: &AccountKey,
    ) -> Result<Vec<SubscriptionKey>, StoreError> {
        let listed = self.below::<Listed>(keys::msp(msp), &listed_of(account)).await?;
        Ok(listed.into_iter().map(|listed| listed.subscription).collect())
    }

    /// Additions of shard `shard` (0 to [`SHARDS`](super::SHARDS)) that are due or whose lease ended before `before`, in
    /// milliseconds since the epoch; the longest due first, at most `limit`. The index lags.
    pub async fn due_additions(&self, shard: u64, before: i64, limit: i32) -> Result<Vec<SubscriptionKey>, StoreError> {
        let items = self.due(work_index::addition_shard_name(shard), before, limit).await?;
        Ok(items.iter().filter_map(|item| keys::subscription(keys::partition_of(item)?)).collect())
    }

    /// Takes the addition's lease with one conditional write, if nobody holds it; makes the record if there is none. None if
    /// somebody holds it.
    pub async fn claim_addition(
        &self,
        fresh: &AdditionRecord,
        owner: &str,
        until: i64,
        now: Timestamp,
    ) -> Result<Option<AdditionRecord>, StoreError> {
        let key = &fresh.subscription;
        self.put(to_item(&Listed { subscription: key.clone() }, (keys::msp(fresh.msp), fresh.listed()))?).await?;
        let values = Item::from([
            (":subscription".to_owned(), to_value(key)?),
            (":account".to_owned(), to_value(&fresh.account)?),
            (":msp".to_owned(), to_value(fresh.msp)?),
            (":state".to_owned(), to_value(fresh.state)?),
            (":owner".to_owned(), AttributeValue::S(owner.to_owned())),
            (":until".to_owned(), AttributeValue::N(until.to_string())),
            (":shard".to_owned(), AttributeValue::S(work_index::addition_shard(key))),
            (":now_ms".to_owned(), AttributeValue::N(now.as_millisecond().to_string())),
            (":now".to_owned(), to_value(now)?),
        ]);
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(key.addition())))
            .update_expression(
                "SET subscription = :subscription, account = if_not_exists(account, :account), \
                 msp = if_not_exists(msp, :msp), #state = if_not_exists(#state, :state), lease_owner = :owner, \
                 lease_until = :until, work_shard = :shard, updated_at = :now",
            )
            .condition_expression("attribute_not_exists(lease_owner) OR lease_until <= :now_ms OR lease_owner = :owner")
            .expression_attribute_names("#state", "state")
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(output) => output.attributes.map(from_item).transpose(),
            Err(error) => match error.as_service_error() {
                Some(
                    UpdateItemError::ConditionalCheckFailedException(_)
                    | UpdateItemError::TransactionConflictException(_),
                ) => Ok(None),
                _ => Err(StoreError::unavailable(error)),
            },
        }
    }

    /// Writes the record, if its lease is still `owner`'s.
    pub async fn save_addition(&self, record: &AdditionRecord, owner: &str) -> Result<(), StoreError> {
        let written = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(record.item()?))
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()))
            .send()
            .await;
        match written {
            Ok(_) => Ok(()),
            Err(error)
                if matches!(error.as_service_error(), Some(PutItemError::ConditionalCheckFailedException(_))) =>
            {
                Err(StoreError::LeaseLost)
            }
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Writes the record together with whose its addition is. False if the addition is another subscription's.
    pub async fn own_addition(&self, record: &AdditionRecord, line: &Line, owner: &str) -> Result<bool, StoreError> {
        let of_record = Put::builder()
            .table_name(&self.table)
            .set_item(Some(record.item()?))
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()))
            .build()
            .map_err(invalid)?;
        let key = (keys::msp(record.msp), owned(line.agreement, line.addition));
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
        let owner: Option<Owner> = self.read((keys::msp(msp), owned(agreement, addition))).await?;
        Ok(owner.map(|owner| owner.subscription))
    }
}

fn listed_of(account: &AccountKey) -> String {
    format!("{LISTED}{}/", account.reference())
}

fn owned(agreement: AgreementId, addition: AdditionId) -> String {
    format!("{OWNED}{agreement}/{addition}")
}
