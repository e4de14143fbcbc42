//! Transactions of the owner of an account's lease: all records of one change, or none.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use backon::{ExponentialBuilder, Retryable};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;

use crate::domain::ids::{AccountId, ApplicationId};
use crate::domain::subscription_record::SubscriptionRecord;
use crate::domain::vendor_id::VendorId;
use crate::store::{
    AccountKey, AccountRecord, Item, Link, NewHistoryEntry, Store, StoreError, Target, keys, to_item, to_value,
};

/// Condition of a link's write: a link is never taken from its owner.
const SAME_OWNER: &str = "attribute_not_exists(pk) OR (#target = :target AND application = :application)";

/// Condition of an account's write.
const OWNS_LEASE: &str = "#job.#owner = :owner";

type LinkKey = (String, &'static str);

/// One change to an account and its dependent records.
#[derive(Debug)]
pub struct Commit<'a> {
    /// The new account record.
    pub account: &'a AccountRecord,
    /// The request id of the lease's owner. Nothing is written if the lease was lost.
    pub owner: &'a str,
    /// `true` to delete the account rather than write it.
    pub delete: bool,
    /// A subscription to write.
    pub subscription: Option<&'a SubscriptionRecord>,
    /// External ids to link. An id that is linked to another record fails the transaction.
    pub link: Vec<Link>,
    /// Ids of the vendor whose links to the account are removed.
    pub unlink: Vec<VendorId>,
    /// The reseller that the account belonged to before, if it belongs to another one now.
    pub former_reseller: Option<AccountId>,
    /// The entry of the MSP's history about the change.
    pub history: Option<NewHistoryEntry>,
}

impl<'a> Commit<'a> {
    /// Returns a change that writes only the account.
    pub fn account(account: &'a AccountRecord, owner: &'a str) -> Self {
        Self {
            account,
            owner,
            delete: false,
            subscription: None,
            link: Vec::new(),
            unlink: Vec::new(),
            former_reseller: None,
            history: None,
        }
    }

    /// Returns the transaction's items. `unlinked` are the keys of the account's links to the ids to unlink.
    fn items(&self, table: &str, unlinked: Vec<LinkKey>) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut items = vec![self.account_item(table)?];
        if let Some(subscription) = self.subscription {
            items.push(put(
                table,
                subscription.item()?,
                "attribute_not_exists(pk) OR #owner = :owner",
                "account",
                to_value(&subscription.account)?,
            )?);
        }
        for link in &self.link {
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(to_item(link, link.key())?))
                .condition_expression(SAME_OWNER)
                .set_expression_attribute_names(Some(owner_names()))
                .set_expression_attribute_values(Some(owner_values(link.application, &link.target)?));
            items.push(TransactWriteItem::builder().put(put.build()?).build());
        }
        let owner = owner_values(self.account.application, &self.target())?;
        for key in unlinked {
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(keys::item(key)))
                .condition_expression(SAME_OWNER)
                .set_expression_attribute_names(Some(owner_names()))
                .set_expression_attribute_values(Some(owner.clone()));
            items.push(TransactWriteItem::builder().delete(delete.build()?).build());
        }
        items.extend(self.customer_items(table)?);
        items.extend(self.history.as_ref().map(|entry| entry.write(table)).transpose()?);
        Ok(items)
    }

    fn target(&self) -> Target {
        Target::Account(self.account.id.clone())
    }

    /// Returns the changes of the resellers' lists of live customers: the account is in the list of its reseller while it has
    /// a live subscription.
    fn customer_items(&self, table: &str) -> Result<Vec<TransactWriteItem>, StoreError> {
        let live = self.account.live_subscription.is_some() && !self.delete;
        let entry = |reseller: &AccountId| {
            AccountKey { application: self.account.application, account: reseller.clone() }
                .live_customer(&self.account.id)
        };
        let mut items = Vec::new();
        if let Some(reseller) = self.account.reseller().filter(|_| live) {
            let item = to_item(&LiveCustomer { account: self.account.id.clone() }, entry(reseller))?;
            let put = Put::builder().table_name(table).set_item(Some(item)).build()?;
            items.push(TransactWriteItem::builder().put(put).build());
        }
        for reseller in self.account.reseller().filter(|_| !live).into_iter().chain(&self.former_reseller) {
            let delete = Delete::builder().table_name(table).set_key(Some(keys::item(entry(reseller))));
            items.push(TransactWriteItem::builder().delete(delete.build()?).build());
        }
        Ok(items)
    }

    fn account_item(&self, table: &str) -> Result<TransactWriteItem, StoreError> {
        let key = self.account.key().record();
        let owner = AttributeValue::S(self.owner.to_owned());
        if self.delete {
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(keys::item(key)))
                .condition_expression(OWNS_LEASE)
                .expression_attribute_names("#job", "job")
                .expression_attribute_names("#owner", "owner")
                .expression_attribute_values(":owner", owner)
                .build()?;
            return Ok(TransactWriteItem::builder().delete(delete).build());
        }
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(self.account.item()?))
            .condition_expression(OWNS_LEASE)
            .expression_attribute_names("#job", "job")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", owner)
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Returns the error for a failed condition of the item at `index`.
    fn condition_error(&self, index: usize) -> StoreError {
        let links = 1 + usize::from(self.subscription.is_some());
        index
            .checked_sub(links)
            .and_then(|index| self.link.get(index))
            .map_or(StoreError::LeaseLost, |link| StoreError::ExternalIdTaken(link.external_id.clone()))
    }
}

/// An entry in a reseller's list of customers with a live subscription.
#[derive(Debug, Serialize, Deserialize)]
struct LiveCustomer {
    account: AccountId,
}

impl Store {
    /// Returns one of a reseller's customers with a live subscription. A customer is known from its first change in this
    /// release on.
    pub async fn live_customer(&self, reseller: &AccountKey) -> Result<Option<AccountId>, StoreError> {
        let first: Vec<LiveCustomer> = self.query_page(reseller.partition(), keys::LIVE_CUSTOMER, None, 1).await?;
        Ok(first.into_iter().next().map(|customer| customer.account))
    }

    /// Writes an account, without its entry in the reseller's list, whose lease `owner` holds and keeps. A repeated write has
    /// the same effect, and one that arrives late has none, so that it needs no transaction, which costs twice as much.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if another owner has the lease.
    pub async fn write_held(&self, account: &AccountRecord, owner: &str) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(account.item()?))
            .condition_expression(format!("{OWNS_LEASE} AND #version <= :version"))
            .expression_attribute_names("#job", "job")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()))
            .expression_attribute_values(":version", AttributeValue::N(account.version.to_string()));
        let attempt = || async { put.clone().send().await.map_err(Box::new) };
        let written = attempt
            .retry(conflict_backoff())
            .when(|error| matches!(error.as_service_error(), Some(PutItemError::TransactionConflictException(_))))
            .await;
        match written {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Err(StoreError::LeaseLost),
                _ => Err(StoreError::unavailable(*error)),
            },
        }
    }

    /// Writes all of `commit`, or nothing.
    pub async fn commit(&self, commit: &Commit<'_>) -> Result<(), StoreError> {
        let mut unlinked = Vec::new();
        for key in commit.unlink.iter().flat_map(|object| Link::keys_of_account(commit.account.application, object)) {
            let link: Option<Link> = self.get(key.clone()).await?;
            if link.is_some_and(|link| link.application == commit.account.application && link.target == commit.target())
            {
                unlinked.push(key);
            }
        }
        let items = commit.items(&self.table, unlinked)?;
        match self.write_together(items).await? {
            None => Ok(()),
            Some(index) => Err(commit.condition_error(index)),
        }
    }

    /// Writes all items or none. Returns `false` if a condition does not hold.
    pub(super) async fn transact(&self, items: Vec<TransactWriteItem>) -> Result<bool, StoreError> {
        Ok(self.write_together(items).await?.is_none())
    }

    /// Writes all items or none, again if another transaction writes one of them. Returns the index of the first item whose
    /// condition does not hold, and `None` if all were written.
    ///
    /// If the response is lost, the SDK repeats the transaction with the same client token, so it takes effect once.
    pub(super) async fn write_together(&self, items: Vec<TransactWriteItem>) -> Result<Option<usize>, StoreError> {
        let attempt = || async {
            self.client.transact_write_items().set_transact_items(Some(items.clone())).send().await.map_err(Box::new)
        };
        let written =
            attempt.retry(conflict_backoff()).when(|error| error.as_service_error().is_some_and(is_conflict)).await;
        match written {
            Ok(_) => Ok(None),
            Err(error) => match error.as_service_error().and_then(failed_condition) {
                Some(index) => Ok(Some(index)),
                None => Err(StoreError::unavailable(*error)),
            },
        }
    }
}

/// Returns the pauses before a call is repeated that conflicts with a transaction.
pub(super) fn conflict_backoff() -> ExponentialBuilder {
    ExponentialBuilder::default().with_min_delay(Duration::from_millis(20)).with_max_times(5).with_jitter()
}

fn owner_names() -> HashMap<String, String> {
    HashMap::from([("#target".to_owned(), "target".to_owned())])
}

fn owner_values(application: ApplicationId, target: &Target) -> Result<Item, StoreError> {
    let values = [(":target", to_value(target)?), (":application", to_value(application)?)];
    Ok(values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn put(
    table: &str,
    item: Item,
    condition: &str,
    owner_attribute: &str,
    owner: AttributeValue,
) -> Result<TransactWriteItem, StoreError> {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression(condition)
        .expression_attribute_names("#owner", owner_attribute)
        .expression_attribute_values(":owner", owner)
        .build()?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn cancellation_codes(error: &TransactWriteItemsError) -> impl Iterator<Item = &str> {
    let reasons = match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled.cancellation_reasons(),
        _ => &[],
    };
    reasons.iter().map(|reason| reason.code().unwrap_or_default())
}

pub(super) fn is_conflict(error: &TransactWriteItemsError) -> bool {
    cancellation_codes(error).any(|code| code == "TransactionConflict")
}

pub(super) fn failed_condition(error: &TransactWriteItemsError) -> Option<usize> {
    cancellation_codes(error).position(|code| code == "ConditionalCheckFailed")
}
