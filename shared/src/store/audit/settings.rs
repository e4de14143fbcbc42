//! The MSP's choices for its billing audit.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::connectwise::TicketId;
use crate::domain::msp::MspId;
use crate::store::{NewHistoryEntry, Store, StoreError, keys, to_value};

const SETTINGS: &str = "audit-settings";

/// The MSP's choices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditSettings {
    /// `true` if a run applies what needs no other input: a synchronization that failed, or an addition that a person
    /// changed.
    #[serde(default)]
    pub applies: bool,
    /// The ticket that gets a note once a month if there is anything to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// First day of the month of the last note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noted_in: Option<Date>,
}

impl Store {
    /// Returns the MSP's choices; the defaults if it has made none.
    pub async fn audit_settings(&self, msp: MspId) -> Result<AuditSettings, StoreError> {
        Ok(self.get((keys::msp(msp), SETTINGS)).await?.unwrap_or_default())
    }

    /// Records that the ticket has the note of a month. Returns `false` if the MSP chose another ticket meanwhile.
    pub async fn save_audit_note(&self, msp: MspId, ticket: TicketId, month: Date) -> Result<bool, StoreError> {
        let update = self
            .client
            .update_item()
            .set_key(Some(keys::item((keys::msp(msp), SETTINGS))))
            .update_expression("SET noted_in = :month")
            .condition_expression("ticket = :ticket")
            .expression_attribute_values(":month", to_value(month)?)
            .expression_attribute_values(":ticket", to_value(ticket)?);
        self.update_conditional(update).await
    }

    /// Writes the MSP's choices in place of `before`, with the entry about it. Returns `false` if they were changed meanwhile.
    pub async fn save_audit_settings(
        &self,
        msp: MspId,
        before: &AuditSettings,
        settings: &AuditSettings,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        self.replace_or_default((keys::msp(msp), SETTINGS.to_owned()), before, settings, entry).await
    }
}
