//! Reseller tokens of which one replaced another. An MSP keeps the id that its first token gave, so nothing that its id names
//! changes with the token.
//!
//! A token stands in an item by the id that it would give an MSP of its own. A token without an item is its MSP's only one so
//! far.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::msp::enrolled_msp_key;
use super::{EnrolledMsp, Item, Store, StoreError, keys, to_item, to_value};
use crate::domain::msp::MspId;

const TOKEN: &str = "reseller-token";

/// Number of own items that one call reads.
const OWN_ITEMS: i32 = 100;

/// The MSP of a reseller token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResellerTokenRecord {
    /// The MSP.
    pub msp: MspId,
    /// The id of the token that replaced this one. `None` if this one is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<MspId>,
    /// Time of the last write.
    pub updated_at: Timestamp,
}

impl ResellerTokenRecord {
    /// Returns `true` if `known`, the record of the token `token`, says that the token is the one in force of `msp`.
    pub fn is_in_force(known: Option<&Self>, token: MspId, msp: MspId) -> bool {
        known.map_or(token == msp, |known| known.msp == msp && known.replaced_by.is_none())
    }
}

/// The replacement of a token.
#[derive(Clone, Copy, Debug)]
pub struct TokenReplacement<'a> {
    /// The MSP, which keeps its id.
    pub msp: MspId,
    /// The id of the token in force.
    pub old: MspId,
    /// The MSP's last sign-in. `None` if it never signed in.
    pub enrolled: Option<&'a EnrolledMsp>,
    /// The sign-in with the new token, whose MSP is the id of that token.
    pub signed_in: &'a EnrolledMsp,
    /// The current time.
    pub now: Timestamp,
}

impl Store {
    /// Returns the record of a reseller token with one keyed read. `None` if it neither replaced another nor was replaced.
    pub async fn reseller_token(&self, token: MspId) -> Result<Option<ResellerTokenRecord>, StoreError> {
        self.get((keys::msp(token), TOKEN)).await
    }

    /// Returns the MSP of a reseller token, in force or replaced, with one keyed read.
    pub async fn msp_of_token(&self, token: MspId) -> Result<MspId, StoreError> {
        Ok(self.reseller_token(token).await?.map_or(token, |record| record.msp))
    }

    /// Replaces the reseller token of an MSP, in one transaction: the old token's record names the new one, the new one's names
    /// the MSP, and the sign-in with the new token becomes the MSP's. Returns `false`, and writes nothing, if one of the tokens
    /// was replaced or one of the sign-ins changed meanwhile.
    pub async fn replace_reseller_token(&self, replacement: &TokenReplacement<'_>) -> Result<bool, StoreError> {
        let TokenReplacement { msp, old, enrolled, signed_in, now } = *replacement;
        let new = signed_in.msp;
        let record = |token: MspId, replaced_by: Option<MspId>| {
            let record = ResellerTokenRecord { msp, replaced_by, updated_at: now };
            to_item(&record, (keys::msp(token), TOKEN)).map(|item| self.put_of(item))
        };
        let credentials_id = signed_in.credentials_id.clone();
        let moved = EnrolledMsp { msp, credentials_id, refusal: None, token: Some(new) };
        let sign_in = self.put_of(to_item(&moved, enrolled_msp_key(msp))?);
        let sign_in = match enrolled {
            None => sign_in.condition_expression("attribute_not_exists(pk)"),
            Some(before) => sign_in
                .condition_expression("credentials_id = :before")
                .expression_attribute_values(":before", to_value(&before.credentials_id)?),
        };
        let puts = [
            record(old, Some(new))?.condition_expression("attribute_not_exists(replaced_by)"),
            record(new, None)?.condition_expression("attribute_not_exists(pk)"),
            sign_in,
        ];
        let mut items = Vec::new();
        for put in puts {
            items.push(TransactWriteItem::builder().put(put.build()?).build());
        }
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::item(enrolled_msp_key(new))))
            .condition_expression("credentials_id = :signed_in")
            .expression_attribute_values(":signed_in", to_value(&signed_in.credentials_id)?)
            .build()?;
        items.push(TransactWriteItem::builder().delete(delete).build());
        self.transact(items).await
    }

    fn put_of(&self, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder().table_name(&self.table).set_item(Some(item))
    }

    /// Returns the sort keys of at most 100 items below an MSP, after `after`, in order. The record of its reseller token is not
    /// among them. The second value is the sort key to continue after. It is `None` if there are no more items.
    pub async fn own_items(
        &self,
        msp: MspId,
        after: Option<&str>,
    ) -> Result<(Vec<String>, Option<String>), StoreError> {
        let partition = keys::msp(msp);
        let start = after.map(|after| keys::item((partition.clone(), after)));
        let page = self
            .query("pk = :partition", partition)
            .projection_expression("pk, sk")
            .set_exclusive_start_key(start)
            .limit(OWN_ITEMS)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let next = page.last_evaluated_key.as_ref().and_then(keys::sort_of).map(str::to_owned);
        let items = page.items.unwrap_or_default();
        let found = items.iter().filter_map(keys::sort_of).filter(|sort| *sort != TOKEN).map(str::to_owned);
        Ok((found.collect(), next))
    }

    /// Deletes an item below an MSP, unless it is the record of its reseller token. Idempotent.
    pub async fn delete_own_item(&self, msp: MspId, sort: &str) -> Result<(), StoreError> {
        if sort == TOKEN {
            return Ok(());
        }
        self.delete((keys::msp(msp), sort)).await
    }

    /// Removes an MSP from the list of those that signed in. Idempotent.
    pub async fn delete_enrolled_msp(&self, msp: MspId) -> Result<(), StoreError> {
        self.delete(enrolled_msp_key(msp)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_in_force_until_it_is_replaced() {
        let id = |digit: &str| -> MspId { format!("{}-1111-8111-8111-111111111111", digit.repeat(8)).parse().unwrap() };
        let (first, second, other) = (id("1"), id("2"), id("3"));
        let record = |replaced_by| ResellerTokenRecord { msp: first, replaced_by, updated_at: Timestamp::UNIX_EPOCH };
        let is = ResellerTokenRecord::is_in_force;
        assert!(is(None, first, first) && !is(None, second, first));
        assert!(is(Some(&record(None)), second, first));
        assert!(!is(Some(&record(None)), second, other) && !is(Some(&record(None)), second, second));
        assert!(!is(Some(&record(Some(second))), first, first));
    }
}
