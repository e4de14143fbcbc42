//! Reports that were taken, so that none is taken twice.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use jiff::Timestamp;
use serde::Serialize;

use super::{Store, StoreError, keys, to_item};
use crate::fingerprint::Fingerprint;

#[derive(Serialize)]
struct Taken {
    /// The table's TTL attribute, in seconds since the epoch.
    expires_at: i64,
}

impl Store {
    /// Writes down that a report is taken, which is forgotten after `until`. False if it was taken already.
    pub async fn take_report(&self, report: &Fingerprint, until: Timestamp) -> Result<bool, StoreError> {
        let item = to_item(&Taken { expires_at: until.as_second() }, keys::report(report))?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(error.as_service_error(), Some(PutItemError::ConditionalCheckFailedException(_))) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }
}
