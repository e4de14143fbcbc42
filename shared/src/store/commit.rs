//! Writes by whoever holds an account's lease: all of one change, or none of it.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use backon::{ExponentialBuilder, Retryable};
use std::time::Duration;

use crate::domain::ids::ExternalId;
use crate::domain::subscription_record::SubscriptionRecord;
use crate::store::{AccountRecord, Item, Link, Store, StoreError, keys, to_item, to_value};

/// One change to an account and what hangs on it.
#[derive(Debug)]
pub struct Commit<'a> {
    /// The account as it shall be.
    pub account: &'a AccountRecord,
    /// The request id of the lease's holder; without the lease nothing is written.
    pub owner: &'a str,
    /// Whether the account is deleted rather than written.
    pub delete: bool,
    /// A subscription to write.
    pub subscription: Option<&'a SubscriptionRecord>,
    /// External ids to link; another record's are refused.
    pub link: Vec<Link>,
    /// External ids to unlink.
    pub unlink: Vec<ExternalId>,
}

impl<'a> Commit<'a> {
    /// Writes the account alone.
    pub fn account(account: &'a AccountRecord, owner: &'a str) -> Self {
        Self { account, owner, delete: false, subscription: None, link: Vec::new(), unlink: Vec::new() }
    }

    fn items(&self, table: &str) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut items = vec![self.account_item(table)?];
        if let Some(subscription) = self.subscription {
            items.push(put(
                table,
                to_item(subscription, subscription.key().record())?,
                "attribute_not_exists(pk) OR #owner = :owner",
                "account",
                to_value(&subscription.account)?,
            )?);
        }
        for link in &self.link {
            items.push(put(
                table,
                to_item(link, keys::link(link.application, &link.external_id))?,
                "attribute_not_exists(pk) OR #owner = :owner",
                "target",
                to_value(&link.target)?,
            )?);
        }
        for external in &self.unlink {
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(keys::item(keys::link(self.account.application, external))))
                .build()
                .map_err(invalid)?;
            items.push(TransactWriteItem::builder().delete(delete).build());
        }
        Ok(items)
    }

    fn account_item(&self, table: &str) -> Result<TransactWriteItem, StoreError> {
        const HELD: &str = "#work.#owner = :owner";
        let key = self.account.key().record();
        let owner = AttributeValue::S(self.owner.to_owned());
        if self.delete {
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(keys::item(key)))
                .condition_expression(HELD)
                .expression_attribute_names("#work", "job")
                .expression_attribute_names("#owner", "owner")
                .expression_attribute_values(":owner", owner)
                .build()
                .map_err(invalid)?;
            return Ok(TransactWriteItem::builder().delete(delete).build());
        }
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(self.account.item()?))
            .condition_expression(HELD)
            .expression_attribute_names("#work", "job")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", owner)
            .build()
            .map_err(invalid)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// What it means that the `index`th item's condition did not hold.
    fn refused(&self, index: usize) -> StoreError {
        let links = 1 + usize::from(self.subscription.is_some());
        index
            .checked_sub(links)
            .and_then(|index| self.link.get(index))
            .map_or(StoreError::LeaseLost, |link| StoreError::ExternalIdTaken(link.external_id.clone()))
    }
}

impl Store {
    /// Writes all of `commit`, or nothing. A transaction that met another one on the same items is tried again; one
    /// whose answer was lost is repeated by the SDK with the same client token, and so done once.
    pub async fn commit(&self, commit: &Commit<'_>) -> Result<(), StoreError> {
        let items = commit.items(&self.table)?;
        let attempt = || async {
            self.client.transact_write_items().set_transact_items(Some(items.clone())).send().await.map_err(Box::new)
        };
        let written = attempt
            .retry(
                ExponentialBuilder::default().with_min_delay(Duration::from_millis(20)).with_max_times(5).with_jitter(),
            )
            .when(|error| error.as_service_error().is_some_and(is_conflict))
            .await;
        match written {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error().and_then(refused_item) {
                Some(index) => Err(commit.refused(index)),
                None => Err(StoreError::unavailable(*error)),
            },
        }
    }
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
        .build()
        .map_err(invalid)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn reasons(error: &TransactWriteItemsError) -> impl Iterator<Item = &str> {
    let reasons = match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled.cancellation_reasons(),
        _ => &[],
    };
    reasons.iter().map(|reason| reason.code().unwrap_or_default())
}

fn is_conflict(error: &TransactWriteItemsError) -> bool {
    reasons(error).any(|code| code == "TransactionConflict")
}

pub(super) fn refused_item(error: &TransactWriteItemsError) -> Option<usize> {
    reasons(error).position(|code| code == "ConditionalCheckFailed")
}

#[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
pub(super) fn invalid(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Unreadable(error.to_string())
}
