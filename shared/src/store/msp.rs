//! MSPs: their enrolment, and their settings, which are the ConnectWise connection and the choices for tickets.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{NewHistoryEntry, PlanRecord, Refusal, Store, StoreError, keys, to_item, to_value};
use crate::connectwise::api::ticket_field::{CustomFieldValue, TicketFields};
use crate::connectwise::{BoardId, ConfigurationTypeId, MenuEntryId, StatusId};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;

const MSPS: &str = "msps";
const SETTINGS: &str = "settings";
const DRAFT: &str = "draft";
const LOCK: &str = "lock";

/// An MSP that signed in to the portal at least once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolledMsp {
    /// The MSP.
    pub msp: MspId,
    /// Fingerprint of the credentials of its last sign-in.
    pub credentials_id: Fingerprint,
    /// The vendor's refusal of these credentials. `None` if it accepts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// The id of the reseller token of that sign-in. `None` if it is the MSP's id, as that of the first token is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<MspId>,
}

impl EnrolledMsp {
    /// Returns the id of the reseller token in force, with which alone the MSP can sign in.
    pub fn token_in_force(&self) -> MspId {
        self.token.unwrap_or(self.msp)
    }
}

/// A ConnectWise site and the credentials for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionRecord {
    /// The site's host.
    pub site: String,
    /// The login company.
    pub company: String,
    /// The key pair, encrypted with the MSP as encryption context.
    pub sealed: String,
    /// The time zone of the MSP's business days.
    pub time_zone: String,
}

/// The contact of a new ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum TicketContact {
    /// The main contact of the ticket's company, if it has one.
    CompanyDefault,
}

/// The MSP's choices for its tickets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketMapping {
    /// The service board.
    pub board: BoardId,
    /// Status of a new ticket.
    pub new_status: StatusId,
    /// Status of a ticket whose failure was resolved.
    pub closed_status: StatusId,
    /// Status of a ticket whose action was abandoned.
    pub cancelled_status: StatusId,
    /// Fields of a new ticket. A company can have others.
    #[serde(flatten)]
    pub fields: TicketFields,
    /// Contact of a new ticket. A company can have another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<TicketContact>,
    /// Values of custom fields of a new ticket.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<CustomFieldValue>,
}

/// An MSP's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MspRecord {
    /// The connection.
    pub connection: ConnectionRecord,
    /// The choices for tickets.
    pub mapping: TicketMapping,
    /// The configuration type of a ticket's configuration.
    pub configuration_type: ConfigurationTypeId,
    /// The entry in ConnectWise's menu.
    pub menu_entry: MenuEntryId,
    /// `true` if actions that completed have configurations, too.
    #[serde(default = "on")]
    pub completed_configurations: bool,
    /// Plans of the ConnectWise that was in force before, which are to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_plans: Vec<PlanRecord>,
    /// ConnectWise's refusal of the connection's keys. `None` if it accepts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

fn on() -> bool {
    true
}

/// A tested connection that was not saved yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftRecord {
    /// The connection.
    pub connection: ConnectionRecord,
    /// Time of expiry, in seconds since the epoch (the table's TTL attribute).
    pub expires_at: i64,
}

pub(super) fn enrolled_msp_key(msp: MspId) -> (String, String) {
    (MSPS.to_owned(), msp.to_string())
}

impl Store {
    /// Writes an MSP and the credentials of its sign-in. If they are those of its last sign-in, the record stays as it is: a
    /// refusal of them ends with the next check in which the vendor accepts them. It also stays if the sign-in's reseller token
    /// was replaced meanwhile.
    pub async fn enroll(&self, record: &EnrolledMsp) -> Result<(), StoreError> {
        let same_token = match record.token {
            Some(_) => "#token = :token",
            None => "attribute_not_exists(#token)",
        };
        let put = self
            .client
            .put_item()
            .set_item(Some(to_item(record, enrolled_msp_key(record.msp))?))
            .condition_expression(format!(
                "attribute_not_exists(pk) OR (credentials_id <> :credentials AND {same_token})"
            ))
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":credentials", to_value(&record.credentials_id)?);
        let put = match record.token {
            Some(token) => put.expression_attribute_values(":token", to_value(token)?),
            None => put,
        };
        self.put_conditional(put).await.map(drop)
    }

    /// Returns an MSP with one keyed read.
    pub async fn enrolled_msp(&self, msp: MspId) -> Result<Option<EnrolledMsp>, StoreError> {
        self.get(enrolled_msp_key(msp)).await
    }

    /// Records whether the vendor refuses an MSP's credentials. Returns `false` if the MSP signed in with others meanwhile.
    pub async fn save_token_refusal(
        &self,
        enrolled: &EnrolledMsp,
        refusal: Option<Refusal>,
    ) -> Result<bool, StoreError> {
        let record = EnrolledMsp { refusal, ..enrolled.clone() };
        let put = self
            .client
            .put_item()
            .set_item(Some(to_item(&record, enrolled_msp_key(record.msp))?))
            .condition_expression("credentials_id = :credentials")
            .expression_attribute_values(":credentials", to_value(&record.credentials_id)?);
        self.put_conditional(put).await
    }

    /// Returns all MSPs, ordered by id.
    pub async fn enrolled_msps(&self) -> Result<Vec<EnrolledMsp>, StoreError> {
        self.query_partition(MSPS.to_owned()).await
    }

    /// Returns the MSP's settings with one keyed read.
    pub async fn msp(&self, msp: MspId) -> Result<Option<MspRecord>, StoreError> {
        self.get((keys::msp(msp), SETTINGS)).await
    }

    /// Writes the MSP's settings in place of `before`, with the entry about it, and deletes its draft. Returns `false` if they were
    /// changed meanwhile.
    pub async fn save_msp(
        &self,
        msp: MspId,
        before: Option<&MspRecord>,
        record: &MspRecord,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        let key = (keys::msp(msp), SETTINGS.to_owned());
        if !self.replace_recorded(key, before, Some(record), entry).await? {
            return Ok(false);
        }
        self.delete((keys::msp(msp), DRAFT)).await?;
        Ok(true)
    }

    /// Records that the former plans of `before`, the MSP's settings as they were read, are deleted. Returns `false` if the
    /// settings were changed meanwhile.
    pub async fn forget_former_plans(&self, msp: MspId, before: &MspRecord) -> Result<bool, StoreError> {
        let after = MspRecord { former_plans: Vec::new(), ..before.clone() };
        self.replace_recorded((keys::msp(msp), SETTINGS.to_owned()), Some(before), Some(&after), None).await
    }

    /// Records whether ConnectWise refuses the keys of `connection`. Returns `false` if the MSP saved another connection
    /// meanwhile.
    pub async fn save_key_refusal(
        &self,
        msp: MspId,
        connection: &ConnectionRecord,
        refusal: Option<&Refusal>,
    ) -> Result<bool, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item((keys::msp(msp), SETTINGS))))
            .condition_expression("#connection = :connection")
            .expression_attribute_names("#connection", "connection")
            .expression_attribute_values(":connection", to_value(connection)?);
        let update = match refusal {
            Some(refusal) => update
                .update_expression("SET refusal = :refusal")
                .expression_attribute_values(":refusal", to_value(refusal)?),
            None => update.update_expression("REMOVE refusal"),
        };
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(error.as_service_error(), Some(UpdateItemError::ConditionalCheckFailedException(_))) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Returns the MSP's draft. DynamoDB deletes expired items late, so compare `expires_at`.
    pub async fn draft(&self, msp: MspId) -> Result<Option<DraftRecord>, StoreError> {
        self.get((keys::msp(msp), DRAFT)).await
    }

    /// Acquires the MSP's lock until `until`. Returns `false` if another request owns it.
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

    /// Releases the MSP's lock if `owner` still owns it.
    pub async fn unlock_msp(&self, msp: MspId, owner: &str) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .set_key(Some(keys::item((keys::msp(msp), LOCK))))
            .condition_expression("#owner = :owner")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()));
        self.delete_conditional(delete).await.map(drop)
    }

    /// Writes the MSP's draft.
    pub async fn save_draft(&self, msp: MspId, draft: &DraftRecord) -> Result<(), StoreError> {
        self.put(to_item(draft, (keys::msp(msp), DRAFT))?).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::connectwise::PriorityId;

    #[test]
    fn a_mapping_of_an_earlier_release_is_read() {
        let earlier = json!({ "board": 1, "newStatus": 11, "closedStatus": 13, "cancelledStatus": 14 });
        let mapping: TicketMapping = serde_json::from_value(earlier.clone()).unwrap();
        assert_eq!((&mapping.fields, mapping.contact), (&TicketFields::default(), None));
        assert_eq!(serde_json::to_value(mapping).unwrap(), earlier);
        let with_fields = json!({
            "board": 1, "newStatus": 11, "closedStatus": 13, "cancelledStatus": 14, "ticketType": 12, "priority": 2,
        });
        let mapping: TicketMapping = serde_json::from_value(with_fields.clone()).unwrap();
        assert_eq!(mapping.fields.priority, Some(PriorityId::new(2)));
        assert_eq!(serde_json::to_value(mapping).unwrap(), with_fields);
    }
}
