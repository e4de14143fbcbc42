//! Reports: whoever does the actions says how they went. README, "Reports", has the schema.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::auth::reporters::{self, Signed, WINDOW};
use crate::domain::action::timeline::ActionEvent;
use crate::domain::action::{ActionKey, Kind, MAX_ID, Mailbox};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::workers::actions::ingest::{ReportedEvent, ingest};

/// The most events that a report has.
pub const MAX_EVENTS: usize = 1000;

/// The longest error, in characters.
pub const MAX_ERROR: usize = 2000;

/// The longest address of a mailbox, in characters.
pub const MAX_ADDRESS: usize = 320;

/// A report.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// What happened, in any order.
    pub events: Vec<Event>,
}

/// What happened to an action.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    /// The vendor's region.
    pub region: String,
    /// What is done.
    pub action: Kind,
    /// The vendor's id of the action.
    pub action_id: String,
    /// The mailbox's address.
    pub mailbox: String,
    /// The vendor's id of the organization.
    pub organization: String,
    /// How it went.
    pub state: State,
    /// The vendor's words, if it failed or is given up.
    #[serde(default)]
    pub error: Option<String>,
    /// Which attempt it was, from 1; a failure says so.
    #[serde(default)]
    pub attempt: Option<u32>,
    /// When.
    pub time: Timestamp,
}

/// How an action went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// An attempt began.
    Started,
    /// An attempt failed.
    Failed,
    /// It is done.
    Completed,
    /// No more attempts are made.
    RetriesExhausted,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AcceptedReport {
    /// Its events.
    pub events: usize,
    /// The actions of which they said something new.
    pub changed: usize,
}

/// Takes a report, once.
///
/// # Errors
/// What is wrong with it, in which case nothing of it is taken. [`Code::NotAuthorized`] if it was taken already.
pub async fn accept(app: &App, signed: &Signed, report: &Report) -> Result<AcceptedReport, ServiceError> {
    let now = app.clock.now();
    if report.events.len() > MAX_EVENTS {
        return Err(ServiceError::new(ErrorCode::BadRequest, format!("A report has at most {MAX_EVENTS} events.")));
    }
    let mut by_organization: BTreeMap<ExternalId, Vec<ReportedEvent>> = BTreeMap::new();
    for (number, event) in report.events.iter().enumerate() {
        let heard = event.validate(app.vendor.region(), now);
        let heard = heard
            .map_err(|why| ServiceError::new(ErrorCode::BadRequest, format!("The body does not fit: events[{number}].{why}")))?;
        by_organization.entry(heard.mailbox.organization.clone()).or_default().push(heard);
    }
    // A replay can't be younger than its signature, which is refused when it is older than the window.
    let until = now.saturating_add(WINDOW + WINDOW).map_err(ServiceError::internal)?;
    if !app.store.record_report_once(&signed.fingerprint, until).await? {
        return Err(reporters::replayed());
    }
    let mut changed = 0;
    for (organization, heard) in &by_organization {
        changed += ingest(app, organization, heard).await?;
    }
    Ok(AcceptedReport { events: report.events.len(), changed })
}

impl Event {
    fn validate(&self, region: &str, now: Timestamp) -> Result<ReportedEvent, String> {
        if self.region != region {
            return Err(format!("region: This service is for {region}."));
        }
        let key = ActionKey::new(region, self.action, &self.action_id)
            .ok_or_else(|| format!("actionId: It must have 1 to {MAX_ID} characters."))?;
        let organization = ExternalId::parse(&self.organization)
            .ok_or("organization: It must be the vendor's id of it, like 440032-6.")?;
        let address = self.mailbox.trim();
        if address.is_empty() || address.chars().count() > MAX_ADDRESS {
            return Err(format!("mailbox: It must be an address of at most {MAX_ADDRESS} characters."));
        }
        if self.time.duration_since(now) > WINDOW {
            return Err("time: It is in the future.".to_owned());
        }
        let error = self.error.as_deref().map(str::trim).filter(|error| !error.is_empty());
        if error.is_some_and(|error| error.chars().count() > MAX_ERROR) {
            return Err(format!("error: It has more than {MAX_ERROR} characters."));
        }
        if self.attempt == Some(0) {
            return Err("attempt: Attempts count from 1. Leave it out where there is none.".to_owned());
        }
        let occurrence = match self.state {
            State::Started => ActionEvent::Started,
            State::Completed => ActionEvent::Completed,
            State::RetriesExhausted => {
                ActionEvent::Exhausted { reason: error.unwrap_or("all retries failed").to_owned() }
            }
            State::Failed => ActionEvent::Failed {
                attempt: self.attempt.ok_or("attempt: A failure says which, from 1.")?,
                error: error.ok_or("error: A failure says what went wrong.")?.to_owned(),
            },
        };
        let mailbox = Mailbox { organization, address: address.to_owned() };
        Ok(ReportedEvent { key, mailbox, at: self.time, event: occurrence })
    }
}
