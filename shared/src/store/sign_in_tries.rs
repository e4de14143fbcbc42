//! Counts of sign-in tries, by reseller token and by source. An item counts one window of time and expires with it, so
//! neither an item nor their number grows.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::fingerprint::Fingerprint;
use crate::store::{Store, StoreError, keys};

/// The counter of the tries of one token or source in one window of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInCounter {
    /// Fingerprint of the token or of the source.
    pub subject: Fingerprint,
    /// End of the window, in seconds since the epoch (the table's TTL attribute).
    pub window_end: i64,
}

impl Store {
    /// Counts a try, with one conditional write. Returns `false`, and counts nothing, if `limit` tries were counted.
    pub async fn count_sign_in(&self, counter: &SignInCounter, limit: u32) -> Result<bool, StoreError> {
        let update = self
            .tries(counter)
            .update_expression("SET expires_at = :window_end ADD tries :one")
            .condition_expression("attribute_not_exists(tries) OR tries < :limit")
            .expression_attribute_values(":window_end", AttributeValue::N(counter.window_end.to_string()))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":limit", AttributeValue::N(limit.to_string()));
        self.update_conditional(update).await
    }

    /// Takes back a counted try, unless the window ended meanwhile.
    pub async fn discount_sign_in(&self, counter: &SignInCounter) -> Result<(), StoreError> {
        let update = self
            .tries(counter)
            .update_expression("ADD tries :minus_one")
            .condition_expression("tries > :none")
            .expression_attribute_values(":minus_one", AttributeValue::N("-1".to_owned()))
            .expression_attribute_values(":none", AttributeValue::N("0".to_owned()));
        self.update_conditional(update).await.map(drop)
    }

    fn tries(&self, counter: &SignInCounter) -> UpdateItemFluentBuilder {
        let key = keys::item(keys::sign_in(&counter.subject, counter.window_end));
        self.client.update_item().set_key(Some(key))
    }
}
