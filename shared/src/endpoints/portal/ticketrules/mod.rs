//! The MSP's rules for its tickets.
//!
//! This file has the logic of `portal/ticketrules/…`: the read and the write of all rules at once.

pub mod get;
pub mod save;

use jiff::SignedDuration;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::connectwise::TicketId;
use crate::domain::digest_period::DigestPeriod;
use crate::domain::error::ServiceError;
use crate::domain::quiet_hours::QuietHours;
use crate::endpoints::portal::{FieldErrors, PortalRequest, companies, ensure_written};
use crate::store::{DigestKey, DigestSettings, DigestState, LastDigest, SyncState, SyncStatus, TicketRules};

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
    /// The digest; absent or null: none.
    #[serde(default)]
    pub digest: Option<DigestSettings>,
}

/// The MSP's rules.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TicketRules"))]
#[serde(rename_all = "camelCase")]
pub struct TicketRulesView {
    /// The quiet hours; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    quiet_hours: Option<QuietHoursView>,
    /// The digest; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<DigestSettings>,
    /// The last digest; absent before the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_digest: Option<LastDigestView>,
}

/// The last digest.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "LastDigest"))]
#[serde(rename_all = "camelCase")]
pub struct LastDigestView {
    /// First day of its period.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date")))]
    period: Date,
    /// Number of things that needed attention. Without any, there is no ticket.
    count: usize,
    /// Number of its ticket in ConnectWise; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<TicketId>,
    /// State of its ticket; absent if it needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<SyncState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_action: Option<String>,
}

impl From<TicketRules> for TicketRulesView {
    fn from(rules: TicketRules) -> Self {
        let text = |time: Time| time.strftime("%H:%M").to_string();
        let quiet_hours =
            rules.quiet_hours.map(|hours| QuietHoursView { start: text(hours.start), end: text(hours.end) });
        Self { quiet_hours, digest: rules.digest, last_digest: None }
    }
}

/// Returns the MSP's rules.
///
/// # Errors
/// The table did not answer.
pub async fn get(portal: &PortalRequest<'_>) -> Result<TicketRulesView, ServiceError> {
    let store = &portal.call.app.store;
    let rules = store.ticket_rules(portal.msp).await?.into();
    Ok(TicketRulesView { last_digest: last_digest(portal).await?, ..rules })
}

/// Writes the MSP's rules. A change requests a retry, so that tickets that were held are looked at within five minutes.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid members.
pub async fn save(portal: &PortalRequest<'_>, request: &SaveTicketRules) -> Result<TicketRulesView, ServiceError> {
    let store = &portal.call.app.store;
    let before = store.ticket_rules(portal.msp).await?;
    let mut errors = FieldErrors::new();
    let quiet_hours = request.quiet_hours.as_ref().and_then(|hours| quiet_hours(hours, &mut errors));
    let connection = match request.digest {
        Some(_) if request.digest != before.digest => Some(portal.connection().await?),
        Some(_) | None => None,
    };
    if let (Some(connection), Some(digest)) = (&connection, request.digest)
        && before.digest.map(|before| before.company) != Some(digest.company)
    {
        let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
        companies::check(&client, digest.company, "digest", &mut errors).await?;
    }
    errors.into_result()?;
    let after = TicketRules { quiet_hours, digest: request.digest };
    if let (Some(connection), Some(digest)) = (&connection, request.digest)
        && before.digest.map(|before| before.every) != Some(digest.every)
    {
        begin(portal, digest.every, &connection.zone).await?;
    }
    if after != before {
        let view = |rules: &TicketRules| TicketRulesView::from(rules.clone());
        let entry = portal.change("ticket rules", Some(&view(&before)), Some(&view(&after)));
        ensure_written(store.save_ticket_rules(portal.msp, &before, &after, entry.as_ref()).await?)?;
    }
    // Without a change as well: a digest that was refused may be created now.
    if after != before || after.digest.is_some() {
        store.request_retry(portal.msp, portal.now().as_millisecond()).await?;
    }
    Ok(TicketRulesView { last_digest: last_digest(portal).await?, ..after.into() })
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

/// Records the current period as done, so that the first digest is that of the next one.
async fn begin(portal: &PortalRequest<'_>, every: DigestPeriod, zone: &TimeZone) -> Result<(), ServiceError> {
    let store = &portal.call.app.store;
    let last = store.digest_state(portal.msp).await?.and_then(|state| state.last);
    let period = every.first_day(portal.now(), zone);
    store.save_digest_state(portal.msp, &DigestState { period, last }).await?;
    Ok(())
}

/// Returns the last digest of the MSP.
async fn last_digest(portal: &PortalRequest<'_>) -> Result<Option<LastDigestView>, ServiceError> {
    let store = &portal.call.app.store;
    let Some(LastDigest { period, count }) = store.digest_state(portal.msp).await?.and_then(|state| state.last) else {
        return Ok(None);
    };
    let record = store.digest(&DigestKey { msp: portal.msp, period }).await?;
    // A ticket that is not wanted any more has no state.
    let sync = record.as_ref().map(|record| &record.sync).filter(|sync| sync.state != SyncState::Unlinked);
    Ok(Some(LastDigestView {
        period,
        count,
        ticket: record.as_ref().and_then(|record| record.ticket),
        state: sync.map(|sync| sync.state),
        reason: sync.and_then(SyncStatus::reason_with_reference),
        required_action: sync.and_then(|sync| sync.required_action.clone()),
    }))
}
