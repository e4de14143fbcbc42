//! Tries that are limited in a window of time, such as sign-ins by reseller token and by source. An item has the tries of one
//! window and expires with it, so neither an item nor their number grows.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::domain::fingerprint::Fingerprint;
use crate::domain::window::end_of_window;
use crate::store::{Store, StoreError, keys};

/// A try of a subject in a window of time. It has an id, so that a repeated write counts it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// Fingerprint of what is limited, such as a token or a source.
    pub subject: Fingerprint,
    /// End of the window, in seconds since the epoch (the table's TTL attribute).
    pub window_end: i64,
    /// Id of the try.
    pub id: Uuid,
}

impl Try {
    /// Returns a try of `subject` in the window of this `length` that contains `now`.
    pub fn new(subject: Fingerprint, now: Timestamp, length: SignedDuration) -> Self {
        Self { subject, window_end: end_of_window(now, length), id: Uuid::new_v4() }
    }

    /// Returns the seconds until the window ends.
    pub fn seconds_left(&self, now: Timestamp) -> i64 {
        self.window_end.saturating_sub(now.as_second())
    }
}

impl Store {
    /// Counts a try, with one conditional write. Returns `false`, and counts nothing, if `limit` others were counted.
    pub async fn count_try(&self, counted: &Try, limit: u32) -> Result<bool, StoreError> {
        let update = self
            .tries(counted)
            .update_expression("SET expires_at = :window_end ADD tries :ids")
            .condition_expression("attribute_not_exists(tries) OR size(tries) < :limit OR contains(tries, :id)")
            .expression_attribute_values(":window_end", AttributeValue::N(counted.window_end.to_string()))
            .expression_attribute_values(":id", AttributeValue::S(counted.id.to_string()))
            .expression_attribute_values(":limit", AttributeValue::N(limit.to_string()));
        self.update_conditional(update).await
    }

    /// Takes back a counted try, unless the window ended meanwhile.
    pub async fn discount_try(&self, counted: &Try) -> Result<(), StoreError> {
        let update =
            self.tries(counted).update_expression("DELETE tries :ids").condition_expression("attribute_exists(tries)");
        self.update_conditional(update).await.map(drop)
    }

    fn tries(&self, counted: &Try) -> UpdateItemFluentBuilder {
        let key = keys::item(keys::tries(&counted.subject, counted.window_end));
        let ids = AttributeValue::Ss(vec![counted.id.to_string()]);
        self.client.update_item().set_key(Some(key)).expression_attribute_values(":ids", ids)
    }
}
