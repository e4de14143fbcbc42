//! Whose errands that failed are tried again, since what they failed for may be mended.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::msp::MspId;
use crate::store::work_index::{self, LEASE_UNTIL};
use crate::store::{Item, Store, StoreError, keys};

const RETRY: &str = "again";

fn item(msp: MspId) -> Item {
    keys::item((keys::msp(msp), RETRY))
}

impl Store {
    /// Has all that has failed of an MSP tried again by the redrive, since `now`, in milliseconds since the epoch.
    pub async fn request_retry(&self, msp: MspId, now: i64) -> Result<(), StoreError> {
        let mut item = item(msp);
        item.extend(work_index::entry(RETRY.to_owned(), now));
        self.put(item).await
    }

    /// The MSPs of which what failed is tried again, and since when, in milliseconds since the epoch. The index lags.
    pub async fn pending_retry_requests(&self) -> Result<Vec<(MspId, i64)>, StoreError> {
        let items = self.query_shard(RETRY.to_owned()).await?;
        let one = |item: &Item| {
            let since = item.get(LEASE_UNTIL)?.as_n().ok()?.parse().ok()?;
            Some((keys::msp_of(keys::partition_of(item)?)?, since))
        };
        Ok(items.iter().filter_map(one).collect())
    }

    /// It was tried again, unless somebody has asked for it anew since `since`.
    pub async fn clear_retry_request(&self, msp: MspId, since: i64) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .set_key(Some(item(msp)))
            .condition_expression("lease_until = :since")
            .expression_attribute_values(":since", AttributeValue::N(since.to_string()));
        self.delete_conditional(delete).await
    }
}
