//! The key with which another program reads an MSP's usage. The items have the key's fingerprint, not the key.
//!
//! One item leads from the fingerprint to the MSP, the other from the MSP to its only key. Both are written at once.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{NewHistoryEntry, Store, StoreError, keys, to_item, to_value};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;

const KEY: &str = "usage-key";

/// An MSP's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageKeyRecord {
    /// The MSP whose usage it reads.
    pub msp: MspId,
    /// Fingerprint of the key.
    pub fingerprint: Fingerprint,
    /// Time at which it was made.
    pub created_at: Timestamp,
}

impl Store {
    /// Returns the MSP's key with one keyed read.
    pub async fn usage_key(&self, msp: MspId) -> Result<Option<UsageKeyRecord>, StoreError> {
        self.get((keys::msp(msp), KEY)).await
    }

    /// Returns the key with this fingerprint with one keyed read.
    pub async fn usage_key_with(&self, fingerprint: &Fingerprint) -> Result<Option<UsageKeyRecord>, StoreError> {
        self.get((keys::usage_key(fingerprint), KEY)).await
    }

    /// Writes the MSP's key in place of `before`, the one that it had, with the entry about it. Returns `false` if the MSP has
    /// another one meanwhile.
    pub async fn save_usage_key(
        &self,
        new: &UsageKeyRecord,
        before: Option<&UsageKeyRecord>,
        entry: &NewHistoryEntry,
    ) -> Result<bool, StoreError> {
        let put = |partition: String| {
            to_item(new, (partition, KEY)).map(|item| Put::builder().table_name(&self.table).set_item(Some(item)))
        };
        let of_msp = put(keys::msp(new.msp))?;
        let of_msp = match before {
            None => of_msp.condition_expression("attribute_not_exists(pk)"),
            Some(before) => of_msp
                .condition_expression("fingerprint = :before")
                .expression_attribute_values(":before", to_value(&before.fingerprint)?),
        };
        let mut items = vec![
            TransactWriteItem::builder().put(of_msp.build()?).build(),
            TransactWriteItem::builder().put(put(keys::usage_key(&new.fingerprint))?.build()?).build(),
            entry.write(&self.table)?,
        ];
        if let Some(before) = before {
            items.push(TransactWriteItem::builder().delete(self.usage_key_deletion(&before.fingerprint)?).build());
        }
        self.transact(items).await
    }

    /// Deletes an MSP's key, with the entry about it, if it has one. Returns `false` if the MSP has another key meanwhile.
    pub async fn delete_usage_key(
        &self,
        key: &UsageKeyRecord,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        let of_msp = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::item((keys::msp(key.msp), KEY))))
            .condition_expression("fingerprint = :fingerprint")
            .expression_attribute_values(":fingerprint", to_value(&key.fingerprint)?)
            .build()?;
        let mut items = vec![
            TransactWriteItem::builder().delete(of_msp).build(),
            TransactWriteItem::builder().delete(self.usage_key_deletion(&key.fingerprint)?).build(),
        ];
        items.extend(entry.map(|entry| entry.write(&self.table)).transpose()?);
        self.transact(items).await
    }

    fn usage_key_deletion(&self, fingerprint: &Fingerprint) -> Result<Delete, StoreError> {
        Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::item((keys::usage_key(fingerprint), KEY))))
            .build()
            .map_err(StoreError::from)
    }
}
