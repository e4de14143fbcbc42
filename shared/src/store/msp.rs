//! An MSP's way into its ConnectWise, and what it chose there.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Store, StoreError, keys, to_item};
use crate::connectwise::{BoardId, ConfigurationTypeId, MenuEntryId, StatusId};
use crate::domain::msp::MspId;

const SETTINGS: &str = "settings";
const DRAFT: &str = "draft";
const LOCK: &str = "lock";

/// A ConnectWise site and the keys to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionRecord {
    /// The site's host.
    pub site: String,
    /// The login company.
    pub company: String,
    /// The key pair, sealed for the MSP.
    pub sealed: String,
    /// The zone of the MSP's business days.
    pub time_zone: String,
}

/// What the MSP chose for its tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TicketMapping {
    /// The service board.
    pub board: BoardId,
    /// The status of a new ticket.
    pub new_status: StatusId,
    /// The status of a ticket whose failure is mended.
    pub closed_status: StatusId,
    /// The status of a ticket that is given up.
    pub cancelled_status: StatusId,
}

/// An MSP's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MspRecord {
    /// The way in.
    pub connection: ConnectionRecord,
    /// The choices.
    pub mapping: TicketMapping,
    /// The configuration type of what tickets are about.
    pub configuration_type: ConfigurationTypeId,
    /// The entry in ConnectWise's menu.
    pub menu_entry: MenuEntryId,
}

/// A way in that was proved and not submitted yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftRecord {
    /// The way in.
    pub connection: ConnectionRecord,
    /// When it is forgotten, in seconds since the epoch (the table's TTL attribute).
    pub expires_at: i64,
}

impl Store {
    /// The MSP's settings, one keyed read.
    pub async fn msp(&self, msp: MspId) -> Result<Option<MspRecord>, StoreError> {
        self.get((keys::msp(msp), SETTINGS)).await
    }

    /// Keeps the MSP's settings, and forgets the draft that they were made from.
    pub async fn save_msp(&self, msp: MspId, record: &MspRecord) -> Result<(), StoreError> {
        self.put(to_item(record, (keys::msp(msp), SETTINGS))?).await?;
        self.delete((keys::msp(msp), DRAFT)).await
    }

    /// The MSP's draft. TTL deletes late: compare the time.
    pub async fn draft(&self, msp: MspId) -> Result<Option<DraftRecord>, StoreError> {
        self.get((keys::msp(msp), DRAFT)).await
    }

    /// Takes the MSP's lock until `until`, if nobody holds it.
    pub async fn lock_msp(
        &self,
        msp: MspId,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut item = keys::item((keys::msp(msp), LOCK));
        item.insert("owner".to_owned(), AttributeValue::S(owner.to_owned()));
        item.insert("until".to_owned(), AttributeValue::N(until.as_millisecond().to_string()));
        let put = self
            .client
            .put_item()
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR #until <= :now OR #owner = :owner")
            .expression_attribute_names("#until", "until")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":now", AttributeValue::N(now.as_millisecond().to_string()))
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()));
        self.put_conditional(put).await
    }

    /// Gives the MSP's lock back, if `owner` still holds it.
    pub async fn unlock_msp(&self, msp: MspId, owner: &str) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .set_key(Some(keys::item((keys::msp(msp), LOCK))))
            .condition_expression("#owner = :owner")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()));
        self.delete_conditional(delete).await
    }

    /// Keeps a draft.
    pub async fn save_draft(&self, msp: MspId, draft: &DraftRecord) -> Result<(), StoreError> {
        self.put(to_item(draft, (keys::msp(msp), DRAFT))?).await
    }
}
