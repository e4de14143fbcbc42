//! Requests to retry an MSP's failed synchronizations, because its settings changed.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::msp::MspId;
use crate::store::work_index::{self, WORK_DUE_AT};
use crate::store::{Item, Store, StoreError, keys};

/// The sort key of the items, and their shard of the work index.
const RETRY: &str = "retry";

fn item(msp: MspId) -> Item {
    keys::item((keys::msp(msp), RETRY))
}

impl Store {
    /// Requests that the redrive retries all failed additions and tickets of an MSP. `now` is in milliseconds since the
    /// epoch.
    pub async fn request_retry(&self, msp: MspId, now: i64) -> Result<(), StoreError> {
        let mut item = item(msp);
        item.extend(work_index::index_keys(RETRY.to_owned(), now));
        self.put(item).await
    }

    /// Returns the MSPs with a retry request, and the request's time in milliseconds since the epoch. The index may lag
    /// behind the table.
    pub async fn pending_retry_requests(&self) -> Result<Vec<(MspId, i64)>, StoreError> {
        let items = self.query_shard(RETRY.to_owned()).await?;
        let request = |item: &Item| {
            let since = item.get(WORK_DUE_AT)?.as_n().ok()?.parse().ok()?;
            Some((keys::msp_of(keys::partition_of(item)?)?, since))
        };
        Ok(items.iter().filter_map(request).collect())
    }

    /// Deletes a retry request, unless it was renewed after `since`.
    pub async fn clear_retry_request(&self, msp: MspId, since: i64) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .set_key(Some(item(msp)))
            .condition_expression("work_due_at = :since")
            .expression_attribute_values(":since", AttributeValue::N(since.to_string()));
        self.delete_conditional(delete).await.map(drop)
    }
}
