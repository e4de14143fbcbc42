//! Reports: the system that runs the actions reports their outcome. `docs/reference/reports-api.md` has the schema.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::auth::reporters::{self, CLOCK_SKEW, VerifiedReport};
use crate::domain::action::timeline::ActionEvent;
use crate::domain::action::{ActionKey, Kind, MAX_ID, Mailbox};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::domain::vendor_id::VendorId;
use crate::http_client::plain_text;
use crate::workers::actions::ingest::{ReportedEvent, Source, check_owners, ingest};
use crate::workers::actions::ownership;

/// Maximum number of events in a report.
pub const MAX_EVENTS: usize = 1000;

/// Maximum length of an error, in characters.
pub const MAX_ERROR: usize = 2000;

/// Maximum length of a mailbox's address, in characters.
pub const MAX_ADDRESS: usize = 320;

/// The body of a report.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The events, in any order.
    #[cfg_attr(feature = "openapi", schemars(length(max = MAX_EVENTS)))]
    pub events: Vec<Event>,
}

/// An event of an action.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "ReportedEvent"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    /// The vendor's region.
    pub region: String,
    /// The kind of action.
    pub action: Kind,
    /// The vendor's id of the action.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = MAX_ID)))]
    pub action_id: String,
    /// The mailbox's address.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = MAX_ADDRESS)))]
    pub mailbox: String,
    /// The vendor's id of the organization.
    pub organization: String,
    /// The event's state.
    pub state: EventState,
    /// The vendor's error message. Required for a failure; for exhausted retries it is the reason.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(length(max = MAX_ERROR)))]
    pub error: Option<String>,
    /// Number of the attempt, from 1. Required for a failure.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(range(min = 1)))]
    pub attempt: Option<u32>,
    /// Time of the event.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    pub time: Timestamp,
}

/// State that an event reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum EventState {
    /// An attempt began.
    Started,
    /// An attempt failed.
    Failed,
    /// The action completed.
    Completed,
    /// The action is not retried any more.
    RetriesExhausted,
}

/// Response to a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct AcceptedReport {
    /// Number of events in the report.
    pub events: usize,
    /// Number of actions whose state changed.
    pub changed: usize,
}

/// Accepts a report, once.
///
/// # Errors
/// [`ErrorCode::BadRequest`] if an event is invalid, and [`ErrorCode::StateConflict`] if an action belongs to another
/// organization than its event says; then no event is accepted. [`ErrorCode::NotAuthorized`] if the report was accepted
/// already.
pub async fn accept(app: &App, signed: &VerifiedReport, report: &Report) -> Result<AcceptedReport, ServiceError> {
    let now = app.clock.now();
    let ValidReport { by_organization, owners } = report.validate(app.vendor.region(), now)?;
    check_owners(app, &owners).await?;
    // The signature is valid for one window before and after its own time, so the nonce is kept for two windows.
    let until = now.saturating_add(CLOCK_SKEW + CLOCK_SKEW).map_err(ServiceError::internal)?;
    if !app.store.record_report_once(&signed.fingerprint, until).await? {
        return Err(reporters::replayed_error());
    }
    let mut changed = 0;
    for (organization, reported) in &by_organization {
        let of_organization = ingest(app, organization, reported, Source::Report).await?;
        tracing::info!(%organization, reporter = %signed.reporter, changed = of_organization, "actions reported");
        changed += of_organization;
    }
    Ok(AcceptedReport { events: report.events.len(), changed })
}

/// The events of a report whose members are valid.
#[derive(Clone, Debug, Default)]
pub struct ValidReport {
    /// The events of each organization.
    by_organization: BTreeMap<VendorId, Vec<ReportedEvent>>,
    /// The organization of each action.
    owners: BTreeMap<ActionKey, VendorId>,
}

impl Report {
    /// Checks all events: at most [`MAX_EVENTS`], in the deployment's `region`, at most [`CLOCK_SKEW`] after `now`, each action
    /// in one organization.
    ///
    /// # Errors
    /// [`ErrorCode::BadRequest`] names the first invalid event and its member. [`ErrorCode::StateConflict`] names an action of
    /// two organizations.
    pub fn validate(&self, region: &str, now: Timestamp) -> Result<ValidReport, ServiceError> {
        if self.events.len() > MAX_EVENTS {
            return Err(ServiceError::new(ErrorCode::BadRequest, format!("A report has at most {MAX_EVENTS} events.")));
        }
        let mut valid = ValidReport::default();
        for (index, event) in self.events.iter().enumerate() {
            let reported = event.validate(region, now).map_err(|why| {
                let message = format!("The body has an invalid member: events[{index}].{why}");
                ServiceError::new(ErrorCode::BadRequest, message)
            })?;
            let organization = &reported.mailbox.organization;
            let owner = valid.owners.entry(reported.key.clone()).or_insert_with(|| organization.clone());
            if owner != organization {
                return Err(ownership::foreign_action(&reported.key, owner));
            }
            valid.by_organization.entry(organization.clone()).or_default().push(reported);
        }
        Ok(valid)
    }
}

impl Event {
    fn validate(&self, region: &str, now: Timestamp) -> Result<ReportedEvent, String> {
        if self.region != region {
            return Err(format!("region: This deployment accepts only {region}."));
        }
        let key = ActionKey::new(region, self.action, &self.action_id)
            .filter(|key| plain_text(key.id.as_str()) == key.id.as_str())
            .ok_or_else(|| format!("actionId: It must have 1 to {MAX_ID} visible characters, without HTML."))?;
        let organization = ExternalId::parse(&self.organization)
            .ok_or("organization: It must be the organization's id at the vendor, like 440032-6.")?;
        let address = plain_text(&self.mailbox);
        if address.is_empty() || address.chars().count() > MAX_ADDRESS {
            return Err(format!("mailbox: It must be an address of at most {MAX_ADDRESS} characters."));
        }
        if self.time.duration_since(now) > CLOCK_SKEW {
            return Err("time: It is in the future.".to_owned());
        }
        let error = self.error.as_deref().map(plain_text).filter(|error| !error.is_empty());
        if self.error.as_deref().is_some_and(|error| error.trim().chars().count() > MAX_ERROR) {
            return Err(format!("error: It has more than {MAX_ERROR} characters."));
        }
        if self.attempt == Some(0) {
            return Err("attempt: It must be at least 1. Omit it if there is no attempt.".to_owned());
        }
        let event = match self.state {
            EventState::Started => ActionEvent::Started,
            EventState::Completed => ActionEvent::Completed,
            EventState::RetriesExhausted => {
                ActionEvent::Exhausted { reason: error.unwrap_or_else(|| "all retries failed".to_owned()) }
            }
            EventState::Failed => ActionEvent::Failed {
                attempt: self.attempt.ok_or("attempt: It is required for a failure, from 1.")?,
                error: error.ok_or("error: It is required for a failure.")?,
            },
        };
        // A report comes from the stack's own instance: its region is checked above.
        let mailbox = Mailbox { organization: VendorId::own(organization), address };
        Ok(ReportedEvent { key, mailbox, at: self.time, event })
    }
}
