//! Starts an audit, applies and dismisses findings, and writes the MSP's choices.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::connectwise::api::ticket;
use crate::connectwise::{CompanyId, ConnectWiseError, TicketId, date};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::reference::Reference;
use crate::domain::requester::Requester;
use crate::endpoints::portal::audit::view::{ApplyMode, AuditView, FindingView, SettingsView};
use crate::endpoints::portal::msp_message::msp_message;
use crate::endpoints::portal::{FieldErrors, PortalRequest, RequiredMember, ensure_written, organizations};
use crate::store::{AuditSettings, Dismissal, Finding, Fix, HistoryEntry, NewHistoryEntry, Try};
use crate::workers::audit::fixes::{self, FixOutcome};
use crate::workers::audit::{compare, start};
use crate::workers::sync::{CircuitBreaker, RetryMode};

/// Most findings that one request applies or dismisses.
const MAX_FINDINGS: usize = 25;

/// Most audits that are started within [`RUN_WINDOW`].
const MAX_RUNS: u32 = 20;

/// Window in which started audits are counted.
const RUN_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// Greatest length of a note, in characters.
const MAX_NOTE: usize = 500;

const FINDINGS: RequiredMember = ("findings", "It is required: ids of findings of portal/audit/list, at most 25.");

/// Body of `portal/audit/run`, which may be empty.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RunAudit {}

/// Response of `portal/audit/run`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct StartedAudit {
    audit: AuditView,
}

/// Starts an audit of the MSP.
///
/// # Errors
/// [`ErrorCode::InProgress`] if one is running, [`ErrorCode::TooManyTries`] after 20 within an hour,
/// [`ErrorCode::ConnectWiseNotConfigured`] until the MSP has saved its settings.
pub async fn run(portal: &PortalRequest<'_>) -> Result<StartedAudit, ServiceError> {
    let (app, msp) = (portal.call.app, portal.msp);
    let zone = portal.connection().await?.zone;
    let before = app.store.audit_run(msp).await?;
    if before.as_ref().is_none_or(|before| !before.is_open()) {
        // Each run reads the additions of all agreements.
        let counted = Try::new(Fingerprint::hash(&("audit", msp)), portal.now(), RUN_WINDOW);
        let refusal =
            format!("{MAX_RUNS} audits were started within the hour. Look at their findings, or try again later.");
        portal.count_try(counted, MAX_RUNS, refusal).await?;
    }
    let run = start::start(app, msp, before.as_ref(), date::business_day(portal.now(), &zone)).await?;
    let entry = HistoryEntry::new(portal.now(), portal.requester());
    app.store.add_history(&NewHistoryEntry { msp, entry, id: "run".to_owned() }).await?;
    Ok(StartedAudit { audit: AuditView::new(Some(run)) })
}

/// Body of `portal/audit/apply`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ApplyFindings {
    /// Ids of findings; at most 25.
    pub findings: Vec<String>,
}

impl ApplyFindings {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] = [FINDINGS];
}

/// Result of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "FixOutcome"))]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The finding is gone.
    Done,
    /// It is retried automatically.
    Waiting,
    /// A person must act.
    Failed,
}

/// The result of one finding.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct FixResult {
    id: String,
    outcome: Outcome,
    /// The reason, or the action to take; empty for a finding that is gone.
    message: String,
}

/// Response of `portal/audit/apply`, in the order of the request.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct AppliedFindings {
    results: Vec<FixResult>,
}

/// Applies the fixes of findings, one after the other. Findings for which the time does not suffice are left.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] for invalid members. What fails of one finding is in its result.
pub async fn apply(portal: &PortalRequest<'_>, request: &ApplyFindings) -> Result<AppliedFindings, ServiceError> {
    let findings = find(portal, &request.findings).await?;
    let (mut results, breaker) = (Vec::new(), CircuitBreaker::default());
    for (id, finding) in request.findings.iter().zip(findings) {
        let outcome = match finding {
            // A fix that was applied before, or a difference that is gone.
            None => FixOutcome::Done,
            Some(_) if portal.call.deadline.remaining_for_calls().is_zero() => {
                FixOutcome::Waiting("There was no time left. Send it again.".to_owned())
            }
            Some(finding) => Box::pin(apply_one(portal, &finding, &breaker)).await?,
        };
        let (outcome, message) = match outcome {
            FixOutcome::Done => (Outcome::Done, String::new()),
            FixOutcome::Waiting(reason) => (Outcome::Waiting, reason),
            FixOutcome::Failed(reason) => (Outcome::Failed, reason),
        };
        results.push(FixResult { id: id.clone(), outcome, message });
    }
    Ok(AppliedFindings { results })
}

async fn apply_one(
    portal: &PortalRequest<'_>,
    finding: &Finding,
    breaker: &CircuitBreaker,
) -> Result<FixOutcome, ServiceError> {
    let (app, msp) = (portal.call.app, portal.msp);
    if let (Some(Fix::ChangeSeats), Some(company), Some(due)) = (finding.fix, finding.company, finding.due) {
        let outcome = change_seats(portal, finding, company, due).await?;
        // The order itself has an entry.
        if outcome != FixOutcome::Done {
            fixes::record(app, msp, finding, portal.requester(), &outcome).await?;
        }
        return Ok(outcome);
    }
    let attempt = portal.sync_attempt(&finding.id(), RetryMode::Retry, breaker);
    fixes::synchronize(app, msp, finding, attempt, portal.requester()).await
}

/// Orders the seats that the vendor bills for a company that was sold its subscription in the portal.
async fn change_seats(
    portal: &PortalRequest<'_>,
    finding: &Finding,
    company: CompanyId,
    seats: u32,
) -> Result<FixOutcome, ServiceError> {
    match due_now(portal, finding).await {
        Ok(now) if now == Some(seats) => {}
        Ok(_) => {
            let text = "Dropsuite bills another number of seats now. Run the audit again.";
            return Ok(FixOutcome::Failed(text.to_owned()));
        }
        Err(failure) => return failed(portal, finding, failure),
    }
    let change = organizations::UpdateOrganization {
        company,
        plan: None,
        seats: Some(seats),
        unit_price: organizations::PriceUpdate::Keep,
        trial: None,
    };
    match Box::pin(organizations::update(portal, &change)).await {
        Ok(_) => {
            portal.call.app.store.delete_finding(portal.msp, finding).await?;
            Ok(FixOutcome::Done)
        }
        Err(failure) => failed(portal, finding, failure),
    }
}

/// Returns the outcome of an order that failed, and logs its reference.
///
/// # Errors
/// The failure itself if the table did not answer.
fn failed(portal: &PortalRequest<'_>, finding: &Finding, failure: ServiceError) -> Result<FixOutcome, ServiceError> {
    if failure.code() == ErrorCode::StoreUnavailable {
        return Err(failure);
    }
    let reference = Reference::of(&format!("{}/{}", portal.call.request_id, finding.id()));
    tracing::warn!(msp = %portal.msp, %reference, error = failure.log_message(), "the order of a finding failed");
    Ok(FixOutcome::Failed(reference.after(&msp_message(&failure))))
}

/// Returns the seats to bill as the vendor tells them now; `None` if it does not tell.
async fn due_now(portal: &PortalRequest<'_>, finding: &Finding) -> Result<Option<u32>, ServiceError> {
    let app = portal.call.app;
    let (Some(id), Some(account)) = (&finding.organization, &finding.account) else { return Ok(None) };
    let Some(link) = app.store.agreement(account).await?.filter(|link| link.msp == portal.msp) else { return Ok(None) };
    let customer = app.vendor.customer(&portal.call.vendor_context(), id).await?;
    Ok(customer.and_then(|access| compare::due(&access.customer, link.used_seats.as_ref())))
}

/// Body of `portal/audit/dismiss`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DismissFindings {
    /// Ids of findings; at most 25.
    pub findings: Vec<String>,
    /// Reason why they are in order. Required, but for `restore`.
    #[serde(default)]
    pub note: Option<String>,
    /// `true` shows dismissed findings again.
    #[serde(default)]
    pub restore: bool,
}

impl DismissFindings {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] = [FINDINGS];

    /// Returns the note; `None` if the findings are shown again.
    fn dismissal_note(&self) -> Result<Option<&str>, ServiceError> {
        let note = self.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
        match (self.restore, note) {
            (true, None) => Ok(None),
            (true, Some(_)) => {
                Err(FieldErrors::single("note", "It cannot be combined with restore. Send one of them."))
            }
            (false, Some(note)) if note.chars().count() <= MAX_NOTE => Ok(Some(note)),
            (false, Some(_)) => {
                Err(FieldErrors::single("note", format!("It must have at most {MAX_NOTE} characters.")))
            }
            (false, None) => {
                Err(FieldErrors::single("note", "It is required: the reason why the findings are in order."))
            }
        }
    }
}

/// Response of `portal/audit/dismiss`: the findings after it. Those that changed meanwhile, or are gone, are left out.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DismissedFindings {
    findings: Vec<FindingView>,
}

/// Dismisses findings, or shows them again.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] for invalid members.
pub async fn dismiss(portal: &PortalRequest<'_>, request: &DismissFindings) -> Result<DismissedFindings, ServiceError> {
    let note = request.dismissal_note()?;
    let mut findings = Vec::new();
    for finding in find(portal, &request.findings).await?.into_iter().flatten() {
        let dismissed = note.map(|note| Dismissal { note: note.to_owned(), at: portal.now() });
        let is_same =
            finding.dismissed.as_ref().map(|dismissal| &dismissal.note) == dismissed.as_ref().map(|new| &new.note);
        let after = Finding { dismissed, ..finding.clone() };
        if is_same {
            findings.push(finding.into());
            continue;
        }
        let action = if note.is_some() { "audit/dismiss" } else { "audit/restore" };
        let requester = Requester { action: action.to_owned(), ..portal.requester() };
        let entry = HistoryEntry {
            finding: Some(finding.id()),
            organization: finding.organization.clone(),
            company: finding.company,
            reason: note.map(str::to_owned),
            ..HistoryEntry::new(portal.now(), requester)
        };
        let entry = NewHistoryEntry { msp: portal.msp, entry, id: finding.id() };
        if !portal.call.app.store.update_finding(portal.msp, &after, &entry).await? {
            continue;
        }
        findings.push(after.into());
    }
    Ok(DismissedFindings { findings })
}

/// Body of `portal/audit/settings`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateSettings {
    /// How findings are applied.
    pub apply: ApplyMode,
    /// The ticket that gets a note once a month if there is anything to do; absent or null: none.
    #[serde(default)]
    pub ticket: Option<TicketId>,
}

impl UpdateSettings {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] = [("apply", "It is required: ask or automatically.")];
}

/// Response of `portal/audit/settings`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SavedSettings {
    settings: SettingsView,
}

/// Writes the MSP's choices.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] for a ticket that ConnectWise does not have, or that is closed.
pub async fn save_settings(
    portal: &PortalRequest<'_>,
    request: &UpdateSettings,
) -> Result<SavedSettings, ServiceError> {
    let store = &portal.call.app.store;
    let before = store.audit_settings(portal.msp).await?;
    if let Some(ticket) = request.ticket.filter(|ticket| before.ticket != Some(*ticket)) {
        check_ticket(portal, ticket).await?;
    }
    let noted_in = before.noted_in.filter(|_| before.ticket == request.ticket);
    let after = AuditSettings { applies: request.apply == ApplyMode::Automatically, ticket: request.ticket, noted_in };
    if after != before {
        let entry = portal.entry("audit").with_values(Some(in_words(&before)), Some(in_words(&after)));
        ensure_written(store.save_audit_settings(portal.msp, &before, &after, Some(&entry)).await?)?;
    }
    Ok(SavedSettings { settings: after.into() })
}

async fn check_ticket(portal: &PortalRequest<'_>, id: TicketId) -> Result<(), ServiceError> {
    let connection = portal.connection().await?;
    let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
    match client.send(&ticket::get(id)).await {
        Err(ConnectWiseError::NotFound { .. }) => {
            Err(FieldErrors::single("ticket", "ConnectWise has no such ticket. Enter the number of an open one."))
        }
        Ok(ticket) if ticket.is_closed() => {
            Err(FieldErrors::single("ticket", "It is closed. Enter the number of an open ticket."))
        }
        ticket => ticket.map(drop).map_err(ServiceError::from),
    }
}

fn in_words(settings: &AuditSettings) -> String {
    let apply = if settings.applies { "automatically" } else { "ask" };
    settings.ticket.map_or_else(|| apply.to_owned(), |ticket| format!("{apply}, ticket {ticket}"))
}

/// Returns the findings with these ids, in their order; `None` for one that is gone.
async fn find(portal: &PortalRequest<'_>, ids: &[String]) -> Result<Vec<Option<Finding>>, ServiceError> {
    if ids.is_empty() || ids.len() > MAX_FINDINGS {
        return Err(FieldErrors::single("findings", format!("It must have 1 to {MAX_FINDINGS} ids.")));
    }
    let mut findings = Vec::new();
    for id in ids {
        findings.push(portal.call.app.store.finding(portal.msp, id).await?);
    }
    Ok(findings)
}
