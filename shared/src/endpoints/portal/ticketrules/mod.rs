//! The MSP's rules for its tickets.
//!
//! This file has the logic of `portal/ticketrules/…`: the read and the write of all rules at once.

pub mod get;
pub mod save;

use jiff::SignedDuration;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::domain::error::ServiceError;
use crate::domain::quiet_hours::QuietHours;
use crate::endpoints::portal::{FieldErrors, PortalRequest};
use crate::store::TicketRules;

/// Shortest part of the day outside the quiet hours. The redrive looks every five minutes at what waited.
const MIN_OUTSIDE: SignedDuration = SignedDuration::from_hours(1);

/// The hours in which only authentication errors open tickets, in the MSP's time zone.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct QuietHoursView {
    /// Local time at which they begin, such as `22:00`.
    pub start: String,
    /// Local time at which they end, such as `06:00`, on the next day if it is before the beginning.
    pub end: String,
}

/// Body of `portal/ticketrules/save`: all rules. What is left out does not apply.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveTicketRules {
    /// The quiet hours; absent or null: none.
    #[serde(default)]
    pub quiet_hours: Option<QuietHoursView>,
}

/// The MSP's rules.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TicketRules"))]
#[serde(rename_all = "camelCase")]
pub struct TicketRulesView {
    /// The quiet hours; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    quiet_hours: Option<QuietHoursView>,
}

impl From<TicketRules> for TicketRulesView {
    fn from(rules: TicketRules) -> Self {
        let text = |time: Time| time.strftime("%H:%M").to_string();
        let quiet_hours =
            rules.quiet_hours.map(|hours| QuietHoursView { start: text(hours.start), end: text(hours.end) });
        Self { quiet_hours }
    }
}

/// Returns the MSP's rules.
///
/// # Errors
/// The table did not answer.
pub async fn get(portal: &PortalRequest<'_>) -> Result<TicketRulesView, ServiceError> {
    Ok(portal.call.app.store.ticket_rules(portal.msp).await?.into())
}

/// Writes the MSP's rules. A change requests a retry, so that tickets that were held are looked at within five minutes.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid members.
pub async fn save(portal: &PortalRequest<'_>, request: &SaveTicketRules) -> Result<TicketRulesView, ServiceError> {
    let store = &portal.call.app.store;
    let mut errors = FieldErrors::new();
    let quiet_hours = request.quiet_hours.as_ref().and_then(|hours| quiet_hours(hours, &mut errors));
    errors.into_result()?;
    let before = store.ticket_rules(portal.msp).await?;
    let after = TicketRules { quiet_hours };
    if after != before {
        store.save_ticket_rules(portal.msp, &after).await?;
        store.request_retry(portal.msp, portal.now().as_millisecond()).await?;
    }
    Ok(after.into())
}

fn quiet_hours(hours: &QuietHoursView, errors: &mut FieldErrors) -> Option<QuietHours> {
    let parsed = [&hours.start, &hours.end].map(|text| Time::strptime("%H:%M", text.trim()).ok());
    let [Some(start), Some(end)] = parsed else {
        errors.add("quietHours", "start and end must be times such as 22:00 and 06:00.");
        return None;
    };
    if start == end {
        errors.add("quietHours", "start and end must differ. To have no quiet hours, send none.");
        return None;
    }
    let hours = QuietHours { start, end };
    if hours.left_outside() < MIN_OUTSIDE {
        errors.add(
            "quietHours",
            "They must leave at least one hour of the day, in which the tickets that waited are opened.",
        );
        return None;
    }
    Some(hours)
}
