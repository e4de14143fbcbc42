//! How the tickets of an MSP's failing actions stand, and trying again what was given up.

pub mod list;
pub mod retry;

use std::collections::HashMap;

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::connectwise::{AgreementId, CompanyId, ConfigurationId, TicketId};
use crate::domain::error::ServiceError;
use crate::domain::ids::ExternalId;
use crate::endpoints::portal::{Faults, PortalRequest};
use crate::store::{READ_CONCURRENCY, TicketSubject, AgreementLink, SyncState, TicketRecord};
use crate::workers::sync::{RetryMode, CircuitBreaker};
use crate::workers::tickets::sync;

/// How many one answer has at most, and if it is not said how many.
const MOST: usize = 1000;
const PAGE: usize = 200;

/// What is tried again: one ticket, or all that are pending or failed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TicketAgain {
    /// The one action, such as `euwest.backup.10`.
    #[serde(default)]
    pub action: Option<String>,
    /// The one organization of which many fail together.
    #[serde(default)]
    pub organization: Option<String>,
}

/// A ticket, or what shall become one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
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
    state: SyncState,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_do: Option<String>,
    updated_at: Timestamp,
}

/// A page of the list.
#[derive(Debug, Serialize)]
pub struct Page {
    tickets: Vec<Row>,
    /// What the parameter `after` takes to go on; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A page of the MSP's tickets: `limit` of them, behind `after`.
///
/// # Errors
/// [`Code::FieldsInvalid`](crate::domain::error_code::Code::FieldsInvalid) for parameters that are none.
pub async fn list(portal: &PortalRequest<'_>) -> Result<Page, ServiceError> {
    let limit = match portal.query_param_u32("limit")?.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)) {
        None => PAGE,
        Some(limit) if (1..=MOST).contains(&limit) => limit,
        Some(_) => return Err(Faults::of("limit", format!("It must be a number from 1 to {MOST}."))),
    };
    let after = portal.query_param("after").map(|after| {
        about(after).ok_or_else(|| Faults::of("after", "Copy it from the member next of the answer before."))
    });
    let after = after.transpose()?;
    let (records, more) = portal.call.app.store.tickets(portal.msp, after.as_ref(), limit).await?;
    let next = more.map(|more| more.to_string());
    Ok(Page { tickets: rows(portal, records).await?, next })
}

/// Tries again now, as long as there is time, and tells how it went. A ticket that somebody closed, merged or deleted stays so.
///
/// # Errors
/// [`Code::FieldsInvalid`](crate::domain::error_code::Code::FieldsInvalid) if the one that is named is not the MSP's.
pub async fn retry(portal: &PortalRequest<'_>, again: &TicketAgain) -> Result<Vec<Row>, ServiceError> {
    let store = &portal.call.app.store;
    let tried = match (&again.action, &again.organization) {
        (None, None) => unsettled(portal).await?,
        (Some(action), None) => vec![one(portal, "action", action.parse().ok().map(TicketSubject::Action)).await?],
        (None, Some(organization)) => {
            vec![one(portal, "organization", ExternalId::parse(organization).map(TicketSubject::Organization)).await?]
        }
        (Some(_), Some(_)) => return Err(Faults::of("organization", "Name an action or an organization, not both.")),
    };
    let (mut records, silent) = (Vec::new(), CircuitBreaker::default());
    for record in tried {
        if !portal.call.deadline.remaining_for_calls().is_zero() {
            let turn = portal.turn(&record.subject, RetryMode::Retry, &silent);
            Box::pin(sync(portal.call.app, &record.subject, &turn)).await?;
        }
        records.push(store.ticket(&record.subject).await?.unwrap_or(record));
    }
    rows(portal, records).await
}

async fn one(portal: &PortalRequest<'_>, field: &'static str, about: Option<TicketSubject>) -> Result<TicketRecord, ServiceError> {
    let record = match &about {
        Some(about) => portal.call.app.store.ticket(about).await?,
        None => None,
    };
    let of_msp = record.filter(|record| record.msp == portal.msp);
    of_msp.ok_or_else(|| Faults::of(field, "It has no ticket of yours. Copy it from portal/tickets/list."))
}

async fn unsettled(portal: &PortalRequest<'_>) -> Result<Vec<TicketRecord>, ServiceError> {
    let (mut unsettled, mut after) = (Vec::new(), None);
    loop {
        let (records, more) = portal.call.app.store.tickets(portal.msp, after.as_ref(), MOST).await?;
        unsettled.extend(records.into_iter().filter(|record| record.sync.state.is_out_of_sync()));
        after = more;
        if after.is_none() {
            return Ok(unsettled);
        }
    }
}

/// What `next` said.
fn about(text: &str) -> Option<TicketSubject> {
    text.parse().ok().map(TicketSubject::Action).or_else(|| ExternalId::parse(text).map(TicketSubject::Organization))
}

async fn rows(portal: &PortalRequest<'_>, records: Vec<TicketRecord>) -> Result<Vec<Row>, ServiceError> {
    let store = &portal.call.app.store;
    let links = store.agreements(portal.msp).await?.into_iter();
    let links: HashMap<ExternalId, AgreementLink> =
        links.filter_map(|link| Some((link.organization.clone()?, link))).collect();
    let links = &links;
    let rows = records.into_iter().map(|record| {
        async move {
            let (action, mailbox) = match &record.subject {
                TicketSubject::Action(key) => {
                    let mailbox = store.action(key).await?.map(|action| action.mailbox);
                    (Some(key.to_string()), mailbox)
                }
                TicketSubject::Organization(_) => (None, None),
            };
            let organization = match &record.subject {
                TicketSubject::Action(_) => mailbox.as_ref().map(|mailbox| mailbox.organization.clone()),
                TicketSubject::Organization(id) => Some(id.clone()),
            };
            let link = organization.as_ref().and_then(|organization| links.get(organization));
            Ok(Row {
                action,
                mailbox: mailbox.map(|mailbox| mailbox.address),
                company: link.map(|link| link.company),
                agreement: link.map(|link| link.agreement),
                organization,
                configuration: record.configuration,
                ticket: record.ticket.map(|ticket| ticket.id),
                state: record.sync.state,
                reason: record.sync.reason,
                to_do: record.sync.required_action,
                updated_at: record.sync.updated_at,
            })
        }
        .boxed()
    });
    let rows: Vec<_> = rows.collect();
    stream::iter(rows).buffered(READ_CONCURRENCY).try_collect().await
}
