//! Portal sessions of MSPs. An item has the fingerprint of the session's token, not the token.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Store, StoreError, keys, to_item};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;
use crate::domain::person::PersonAddress;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// The MSP that signed in.
    pub msp: MspId,
    /// Fingerprint of the MSP's partner credentials.
    pub credentials_id: Fingerprint,
    /// End of the session unless it is used, in seconds since the epoch (the table's TTL attribute).
    pub expires_at: i64,
    /// Time of the sign-in, in seconds since the epoch. `None` in a record of an earlier release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_at: Option<i64>,
    /// The id of the reseller token of the sign-in. `None` if it is the MSP's id, as that of the first token is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<MspId>,
    /// The person that signed in. `None` if the MSP signed in with the tokens of its partner account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<SessionPerson>,
}

/// The person of a session, and what the sign-in rests on. The session ends when that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPerson {
    /// The address.
    pub address: PersonAddress,
    /// Time at which the person was added.
    pub added_at: Timestamp,
    /// Time of the last write of the identity provider at which the person signed in.
    pub provider_updated_at: Timestamp,
}

impl Store {
    /// Returns the session with this token fingerprint, with one keyed read. DynamoDB deletes expired items late, so
    /// compare `expires_at`.
    pub async fn session(&self, token: &Fingerprint) -> Result<Option<SessionRecord>, StoreError> {
        self.get(keys::session(token)).await
    }

    /// Writes a session.
    pub async fn save_session(&self, token: &Fingerprint, session: &SessionRecord) -> Result<(), StoreError> {
        self.put(to_item(session, keys::session(token))?).await
    }

    /// Moves the end of a session from `before` to `after`, with one conditional write. Returns `false`, and writes nothing,
    /// if the session was deleted or another request moved its end. Writes `began_at` too: a record of an earlier release
    /// has none, and would never reach its longest lifetime.
    pub async fn prolong_session(
        &self,
        token: &Fingerprint,
        before: i64,
        after: i64,
        began_at: i64,
    ) -> Result<bool, StoreError> {
        let update = self
            .client
            .update_item()
            .set_key(Some(keys::item(keys::session(token))))
            .update_expression("SET expires_at = :after, began_at = :began_at")
            .condition_expression("expires_at = :before")
            .expression_attribute_values(":after", AttributeValue::N(after.to_string()))
            .expression_attribute_values(":began_at", AttributeValue::N(began_at.to_string()))
            .expression_attribute_values(":before", AttributeValue::N(before.to_string()));
        self.update_conditional(update).await
    }

    /// Deletes a session.
    pub async fn delete_session(&self, token: &Fingerprint) -> Result<(), StoreError> {
        self.delete(keys::session(token)).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_session_of_an_earlier_release_is_read() {
        let msp = "0f8fad5b-d9cb-469f-a165-70867728950e";
        let earlier = json!({ "msp": msp, "credentials_id": "a", "expires_at": 1800 });
        let session: SessionRecord = serde_json::from_value(earlier.clone()).unwrap();
        assert_eq!((session.began_at, session.token, &session.person), (None, None, &None));
        assert_eq!(serde_json::to_value(session).unwrap(), earlier);
    }
}
