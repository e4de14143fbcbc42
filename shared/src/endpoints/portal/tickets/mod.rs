//! Service tickets of an MSP's failing actions.
//!
//! This file has the logic of `portal/tickets/…`: the paged list with sync states, and the manual retry.

pub mod list;
pub mod retry;

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::connectwise::{AgreementId, CompanyId, ConfigurationId, TicketId};
use crate::domain::error::ServiceError;
use crate::domain::ids::ExternalId;
use crate::domain::vendor_id::VendorId;
use crate::endpoints::portal::paging::{self, MAX_PAGE_SIZE};
use crate::endpoints::portal::refused_credentials::{RefusedCredentials, refused_credentials};
use crate::endpoints::portal::{FieldErrors, PortalRequest, links};
use crate::store::{READ_CONCURRENCY, SyncState, TicketRecord, TicketSubject};
use crate::workers::sync::{CircuitBreaker, RetryMode};
use crate::workers::tickets::sync;

/// Body of `portal/tickets/retry`. Without a member, every pending or failed ticket of the MSP is retried.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryTickets {
    /// The action whose ticket is retried, such as `euwest.backup.10`.
    #[serde(default)]
    pub action: Option<String>,
    /// The organization whose group ticket is retried.
    #[serde(default)]
    pub organization: Option<String>,
}

/// A row of the list: an action that failed, or an organization with a group ticket. The ticket may not exist yet.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Ticket"))]
#[serde(rename_all = "camelCase")]
pub struct TicketView {
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mailbox: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<ExternalId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<CompanyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<AgreementId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<ConfigurationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<TicketId>,
    /// The action fails now; of a group ticket, the ticket is open. `false` once the backup works again or was given up.
    failing: bool,
    state: SyncState,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_action: Option<String>,
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    updated_at: Timestamp,
}

/// A page of the list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TicketPage"))]
#[serde(rename_all = "camelCase")]
pub struct Page {
    tickets: Vec<TicketView>,
    /// Value of the parameter `after` for the next page; `None` on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schemars(description = "Value of the parameter `after` for the next page; absent on the last page.")
    )]
    next: Option<String>,
    /// Credentials of the MSP that are refused at present; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused_credentials: Vec<RefusedCredentials>,
}

/// Returns a page of the MSP's tickets: at most `limit`, after the cursor `after`.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid parameters.
pub async fn list(portal: &PortalRequest<'_>) -> Result<Page, ServiceError> {
    let (limit, after) = (paging::limit(&portal.query)?, paging::after(&portal.query, parse_cursor)?);
    let (records, more) = portal.call.app.store.tickets(portal.msp, after.as_ref(), limit).await?;
    let next = more.map(|more| more.to_string());
    let refused_credentials = refused_credentials(portal).await?;
    Ok(Page { tickets: rows(portal, records).await?, next, refused_credentials })
}

/// Retries tickets until the request's deadline and returns their rows. A ticket that a person closed, merged or deleted stays
/// so.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) if the action or organization has no
/// ticket of the MSP, or if both are given.
pub async fn retry(portal: &PortalRequest<'_>, request: &RetryTickets) -> Result<Vec<TicketView>, ServiceError> {
    let store = &portal.call.app.store;
    let tried = match (&request.action, &request.organization) {
        (None, None) => out_of_sync(portal).await?,
        (Some(action), None) => {
            vec![find_ticket(portal, "action", action.parse().ok().map(TicketSubject::Action)).await?]
        }
        (None, Some(organization)) => {
            let id = ExternalId::parse(organization);
            portal.call.ids.record(|ids| ids.organization = id.as_ref().map(ExternalId::to_string));
            let context = portal.call.vendor_context();
            let id = id.map(|id| portal.call.app.vendor.identify(&context, id)).transpose()?;
            vec![find_ticket(portal, "organization", id.map(TicketSubject::Organization)).await?]
        }
        (Some(_), Some(_)) => {
            return Err(FieldErrors::single("organization", "It cannot be combined with action. Send one of them."));
        }
    };
    let (mut records, breaker) = (Vec::new(), CircuitBreaker::default());
    for record in tried {
        if !portal.call.deadline.remaining_for_calls().is_zero() {
            let attempt = portal.sync_attempt(&record.subject, RetryMode::Retry, &breaker);
            Box::pin(sync(portal.call.app, &record.subject, &attempt)).await?;
        }
        records.push(store.ticket(&record.subject).await?.unwrap_or(record));
    }
    rows(portal, records).await
}

async fn find_ticket(
    portal: &PortalRequest<'_>,
    field: &'static str,
    subject: Option<TicketSubject>,
) -> Result<TicketRecord, ServiceError> {
    let record = match &subject {
        Some(subject) => portal.call.app.store.ticket(subject).await?,
        None => None,
    };
    let of_msp = record.filter(|record| record.msp == portal.msp);
    of_msp.ok_or_else(|| FieldErrors::single(field, "You have no ticket for it. Copy it from portal/tickets/list."))
}

async fn out_of_sync(portal: &PortalRequest<'_>) -> Result<Vec<TicketRecord>, ServiceError> {
    let (mut unsettled, mut after) = (Vec::new(), None);
    loop {
        let (records, more) = portal.call.app.store.tickets(portal.msp, after.as_ref(), MAX_PAGE_SIZE).await?;
        unsettled.extend(records.into_iter().filter(|record| record.sync.state.is_out_of_sync()));
        after = more;
        if after.is_none() {
            return Ok(unsettled);
        }
    }
}

/// Parses a cursor: the subject of the last ticket of a page.
fn parse_cursor(text: &str) -> Option<TicketSubject> {
    text.parse().ok().map(TicketSubject::Action).or_else(|| VendorId::parse(text).map(TicketSubject::Organization))
}

async fn rows(portal: &PortalRequest<'_>, records: Vec<TicketRecord>) -> Result<Vec<TicketView>, ServiceError> {
    let store = &portal.call.app.store;
    let actions = records.iter().map(|record| {
        async move {
            match &record.subject {
                TicketSubject::Action(key) => store.action(key).await,
                TicketSubject::Organization(_) => Ok(None),
            }
        }
        .boxed()
    });
    let actions: Vec<_> = actions.collect();
    let actions: Vec<_> = stream::iter(actions).buffered(READ_CONCURRENCY).try_collect().await?;
    let organizations: Vec<_> = records
        .iter()
        .zip(&actions)
        .map(|(record, action)| match &record.subject {
            TicketSubject::Action(_) => action.as_ref().map(|action| action.mailbox.organization.clone()),
            TicketSubject::Organization(id) => Some(id.clone()),
        })
        .collect();
    let links = links::of_organizations(portal, organizations.iter().flatten().cloned()).await?;
    let rows = records.into_iter().zip(actions).zip(organizations).map(|((record, action), organization)| {
        let link = organization.as_ref().and_then(|organization| links.get(organization));
        let failing = match &record.subject {
            TicketSubject::Action(_) => action.as_ref().is_some_and(|action| action.timeline.is_failing()),
            TicketSubject::Organization(_) => record.ticket.as_ref().is_some_and(|ticket| !ticket.closed),
        };
        TicketView {
            action: match &record.subject {
                TicketSubject::Action(key) => Some(key.to_string()),
                TicketSubject::Organization(_) => None,
            },
            mailbox: action.map(|action| action.mailbox.address),
            company: link.map(|link| link.company),
            agreement: link.map(|link| link.agreement),
            organization: organization.map(|organization| organization.id),
            configuration: record.configuration,
            ticket: record.ticket.map(|ticket| ticket.id),
            failing,
            state: record.sync.state,
            reason: record.sync.reason_with_reference(),
            required_action: record.sync.required_action,
            updated_at: record.sync.updated_at,
        }
    });
    Ok(rows.collect())
}
