//! Snoozes: failures of which the MSP wants no ticket, for a time or for good.
//!
//! This file has the logic of `portal/snoozes/…`: the paged list, the write and the deletion. A change requests a retry, so that
//! tickets that were held are looked at within five minutes.

pub mod delete;
pub mod list;
pub mod save;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::connectwise::CompanyId;
use crate::domain::action::error_kind::ErrorKind;
use crate::domain::error::ServiceError;
use crate::endpoints::portal::{FieldErrors, PortalRequest, RequiredMember, ensure_written, paging};
use crate::store::{MAX_SNOOZE_KEY, Snooze, SnoozeScope};
use crate::workers::tickets::hold::MAX_SNOOZES;

/// Greatest length of a reason, in characters.
const MAX_REASON: usize = 500;

/// Greatest length of a name, in characters.
const MAX_NAME: usize = 100;

/// Greatest length of an address, in characters.
const MAX_ADDRESS: usize = 320;

/// Longest time for which failures are snoozed. What is longer is left out, without an end.
const MAX_TIME: SignedDuration = SignedDuration::from_hours(2 * 366 * 24);

/// Body of `portal/snoozes/save`: one of `company`, `mailbox` and `error`, and the others.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveSnooze {
    /// The company whose failures open no ticket.
    #[serde(default)]
    pub company: Option<CompanyId>,
    /// Address of the mailbox whose failures open no ticket.
    #[serde(default)]
    pub mailbox: Option<String>,
    /// Kind of the errors that open no ticket.
    #[serde(default)]
    pub error: Option<ErrorKind>,
    /// End of the snooze, within two years. Without one, the failures are left out for good.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date-time")))]
    pub until: Option<Timestamp>,
    /// The reason.
    pub reason: String,
    /// Who snoozes; default: the address of the person who is signed in, or `portal` for the MSP's tokens.
    #[serde(default)]
    pub by: Option<String>,
}

impl SaveSnooze {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] = [("reason", "It is required: why no ticket is opened.")];
}

/// Body of `portal/snoozes/delete`: one of the members.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeleteSnooze {
    /// The company.
    #[serde(default)]
    pub company: Option<CompanyId>,
    /// Address of the mailbox.
    #[serde(default)]
    pub mailbox: Option<String>,
    /// Kind of the errors.
    #[serde(default)]
    pub error: Option<ErrorKind>,
}

/// A snooze.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Snooze"))]
pub struct SnoozeView {
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<CompanyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mailbox: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorKind>,
    /// Its end; absent if the failures are left out for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date-time")))]
    until: Option<Timestamp>,
    reason: String,
    by: String,
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    at: Timestamp,
    /// `false` once it has ended. It is listed for 30 days after its end.
    active: bool,
}

impl SnoozeView {
    fn new(snooze: Snooze, now: Timestamp) -> Self {
        let active = snooze.is_active(now);
        let Snooze { scope, until, reason, by, at } = snooze;
        let (company, mailbox, error) = match scope {
            SnoozeScope::Company(company) => (Some(company), None, None),
            SnoozeScope::Mailbox(address) => (None, Some(address), None),
            SnoozeScope::Error(kind) => (None, None, Some(kind)),
        };
        Self { company, mailbox, error, until, reason, by, at, active }
    }
}

/// A page of the list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "SnoozePage"))]
pub struct Page {
    snoozes: Vec<SnoozeView>,
    /// Value of the parameter `after` for the next page; `None` on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schemars(description = "Value of the parameter `after` for the next page; absent on the last page.")
    )]
    next: Option<String>,
}

/// Returns a page of the snoozes: those of companies, then of kinds of errors, then of mailboxes.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid parameters.
pub async fn list(portal: &PortalRequest<'_>) -> Result<Page, ServiceError> {
    let limit = paging::limit(&portal.query)?;
    let after = paging::after(&portal.query, paging::parse_cursor::<String>)?;
    let snoozes = portal.call.app.store.snoozes(portal.msp, after.as_deref(), limit).await?;
    let last = snoozes.last().filter(|_| snoozes.len() == limit).map(|last| last.scope.key());
    let next = last.map(|key| paging::cursor_text(&key)).transpose()?;
    let now = portal.now();
    Ok(Page { snoozes: snoozes.into_iter().map(|snooze| SnoozeView::new(snooze, now)).collect(), next })
}

/// Writes a snooze in place of the one of the same company, mailbox or kind of error. The same again changes nothing.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid members, and if the MSP has 500 others.
pub async fn save(portal: &PortalRequest<'_>, request: &SaveSnooze) -> Result<SnoozeView, ServiceError> {
    let (store, msp, now) = (&portal.call.app.store, portal.msp, portal.now());
    let mut errors = FieldErrors::new();
    let scope = errors_of(scope(request.company, request.mailbox.as_deref(), request.error), &mut errors);
    let reason = request.reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        errors.add("reason", format!("It must have 1 to {MAX_REASON} characters."));
    }
    let by = request.by.as_deref().map(str::trim).filter(|by| !by.is_empty());
    if by.is_some_and(|by| by.chars().count() > MAX_NAME) {
        errors.add("by", format!("It must have at most {MAX_NAME} characters."));
    }
    if request.until.is_some_and(|until| until <= now) {
        errors.add("until", "It is in the past. Send a later time, or none to leave the failures out for good.");
    } else if request.until.is_some_and(|until| until.duration_since(now) > MAX_TIME) {
        errors.add("until", "It is more than two years ahead. Send none to leave the failures out for good.");
    }
    if let Some(SnoozeScope::Company(company)) = scope {
        let links = store.agreements(msp).await?;
        if !links.iter().any(|link| link.company == company) {
            errors.add("company", "No organization is linked with it. Choose a company of portal/links/list.");
        }
    }
    errors.into_result()?;
    let Some(scope) = scope else { return Err(ServiceError::internal("a snooze without a scope and an error")) };
    let by = by.unwrap_or_else(|| portal.session.by()).to_owned();
    let snooze = Snooze { scope, until: request.until, reason: reason.to_owned(), by, at: now };
    let before = store.snooze(msp, &snooze.scope).await?;
    if let Some(before) = before.clone().filter(|before| Snooze { at: before.at, ..snooze.clone() } == *before) {
        return Ok(SnoozeView::new(before, now));
    }
    if before.is_none() && store.snoozes(msp, None, MAX_SNOOZES).await?.len() >= MAX_SNOOZES {
        return Err(FieldErrors::single(
            field_of(&snooze.scope),
            format!("There are {MAX_SNOOZES} snoozes already. Delete those that are no longer needed."),
        ));
    }
    replace(portal, &snooze.scope, before.as_ref(), Some(&snooze)).await?;
    store.request_retry(msp, now.as_millisecond()).await?;
    Ok(SnoozeView::new(snooze, now))
}

/// Deletes a snooze. What still fails opens its ticket within five minutes. Idempotent.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid members.
pub async fn delete(portal: &PortalRequest<'_>, request: &DeleteSnooze) -> Result<(), ServiceError> {
    let mut errors = FieldErrors::new();
    let scope = errors_of(scope(request.company, request.mailbox.as_deref(), request.error), &mut errors);
    errors.into_result()?;
    let Some(scope) = scope else { return Err(ServiceError::internal("a snooze without a scope and an error")) };
    let store = &portal.call.app.store;
    if let Some(before) = store.snooze(portal.msp, &scope).await? {
        replace(portal, &scope, Some(&before), None).await?;
    }
    Ok(store.request_retry(portal.msp, portal.now().as_millisecond()).await?)
}

/// Writes a snooze, or deletes it, with the entry about it.
async fn replace(
    portal: &PortalRequest<'_>,
    scope: &SnoozeScope,
    before: Option<&Snooze>,
    after: Option<&Snooze>,
) -> Result<(), ServiceError> {
    let view = |snooze: &Snooze| SnoozeView::new(snooze.clone(), portal.now());
    let entry =
        portal.change(format!("snooze of {}", scope.key()), before.map(view).as_ref(), after.map(view).as_ref());
    let company = if let SnoozeScope::Company(company) = scope { Some(*company) } else { None };
    let entry = entry.map(|entry| entry.with_customer(None, company));
    let store = &portal.call.app.store;
    ensure_written(store.replace_snooze(portal.msp, scope, before, after, entry.as_ref()).await?)
}

/// Returns the scope that the members name, or the member at fault and what is wrong with it.
fn scope(
    company: Option<CompanyId>,
    mailbox: Option<&str>,
    error: Option<ErrorKind>,
) -> Result<SnoozeScope, (&'static str, String)> {
    let one = "Send one of company, mailbox and error.";
    match (company, mailbox.map(str::trim), error) {
        (Some(company), None, None) => Ok(SnoozeScope::Company(company)),
        (None, Some(address), None) if !address.contains('@') || address.chars().count() > MAX_ADDRESS => Err((
            "mailbox",
            format!("It is not an address of at most {MAX_ADDRESS} characters. Copy it from portal/tickets/list."),
        )),
        (None, Some(address), None) => match SnoozeScope::of_mailbox(address) {
            scope if scope.key().len() > MAX_SNOOZE_KEY => Err((
                "mailbox",
                format!(
                    "It is too long: with all its characters in UTF-8, its key has more than {MAX_SNOOZE_KEY} bytes."
                ),
            )),
            scope => Ok(scope),
        },
        (None, None, Some(kind)) => Ok(SnoozeScope::Error(kind)),
        (None, None, None) => Err(("company", format!("What is snoozed is missing. {one}"))),
        (Some(_), Some(_), _) => Err(("mailbox", format!("It cannot be combined with company. {one}"))),
        (_, _, Some(_)) => Err(("error", format!("It cannot be combined with the others. {one}"))),
    }
}

/// Returns the member that names the scope.
fn field_of(scope: &SnoozeScope) -> &'static str {
    match scope {
        SnoozeScope::Company(_) => "company",
        SnoozeScope::Mailbox(_) => "mailbox",
        SnoozeScope::Error(_) => "error",
    }
}

/// Returns the scope, or adds the error.
fn errors_of(scope: Result<SnoozeScope, (&'static str, String)>, errors: &mut FieldErrors) -> Option<SnoozeScope> {
    match scope {
        Ok(scope) => Some(scope),
        Err((field, text)) => {
            errors.add(field, text);
            None
        }
    }
}
