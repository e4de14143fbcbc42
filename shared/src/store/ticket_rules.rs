//! The MSP's rules for its tickets, beside the fields in its settings.

use serde::{Deserialize, Serialize};

use crate::connectwise::CompanyId;
use crate::domain::digest_period::DigestPeriod;
use crate::domain::msp::MspId;
use crate::domain::quiet_hours::QuietHours;
use crate::store::{NewHistoryEntry, Store, StoreError, keys};

const RULES: &str = "ticket-rules";

/// The MSP's rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRules {
    /// Hours in which only authentication errors open tickets, in the MSP's time zone. `None` if all errors always do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// The digest. `None` if the MSP wants none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestSettings>,
}

/// The MSP's choices for its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DigestSettings {
    /// How often there is one.
    pub every: DigestPeriod,
    /// The company whose ticket it is, such as the MSP's own.
    pub company: CompanyId,
}

impl Store {
    /// Returns the MSP's rules with one keyed read; none if it has saved none.
    pub async fn ticket_rules(&self, msp: MspId) -> Result<TicketRules, StoreError> {
        Ok(self.get((keys::msp(msp), RULES)).await?.unwrap_or_default())
    }

    /// Writes the MSP's rules in place of `before`, with the entry about it. Returns `false` if they were changed meanwhile.
    pub async fn save_ticket_rules(
        &self,
        msp: MspId,
        before: &TicketRules,
        rules: &TicketRules,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        self.replace_or_default((keys::msp(msp), RULES.to_owned()), before, rules, entry).await
    }
}
