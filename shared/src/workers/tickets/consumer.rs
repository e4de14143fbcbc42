//! The stream consumer `connectwise-tickets`.

use std::time::Duration;

use futures::FutureExt;

use crate::app::App;
use crate::domain::action::ActionKey;
use crate::domain::error::ServiceError;
use crate::domain::vendor_id::VendorId;
use crate::http_client::Deadline;
use crate::http_client::OutboundCallLog;
use crate::store::{AccountKey, ChangedItem, TicketSubject};
use crate::workers::stream::{BatchResponse, Event};
use crate::workers::sync::{self, CircuitBreaker, SyncAttempt, SyncOutcome};
use crate::workers::tickets::process::sync;

/// Processes a stream batch within `budget`. Each ticket gets one attempt. `run_id` owns the leases of the batch and must be
/// unique. Returns the records to retry; those that need a person are not among them.
pub async fn consume(app: &App, event: &Event, run_id: &str, budget: Duration) -> BatchResponse {
    let (deadline, breaker) = (Deadline::after(budget), &CircuitBreaker::default());
    sync::process_batch(
        event,
        |item| async move { tickets(app, &item).await }.boxed(),
        |subject, number| {
            async move { sync_ticket(app, &subject, format!("{run_id}/{number}"), deadline, breaker).await }.boxed()
        },
    )
    .await
}

/// Makes one automatic sync attempt for a ticket.
pub async fn sync_ticket(
    app: &App,
    subject: &TicketSubject,
    id: String,
    deadline: Deadline,
    breaker: &CircuitBreaker,
) -> Result<SyncOutcome, ServiceError> {
    let outbound_calls = OutboundCallLog::default();
    sync(app, subject, &SyncAttempt::automatic(id, deadline, &outbound_calls, breaker)).await
}

/// Returns the tickets that a changed item affects. A link or a subscription affects all failing actions of its
/// organization that have tickets of their own.
pub async fn tickets(app: &App, item: &ChangedItem) -> Result<Vec<TicketSubject>, ServiceError> {
    let organization = match item {
        ChangedItem::Subscription(key) => match app.store.subscription(key).await? {
            Some(record) => {
                let account = AccountKey { application: record.application, account: record.account };
                organization_of(app, &account).await?
            }
            None => None,
        },
        ChangedItem::Action(key) => {
            let group = group_of(app, key).await?;
            return Ok([TicketSubject::Action(key.clone())].into_iter().chain(group).collect());
        }
        ChangedItem::FailingActions(id) => return Ok(vec![TicketSubject::Organization(id.clone())]),
        ChangedItem::Agreement(account) => organization_of(app, account).await?,
    };
    let Some(organization) = organization else { return Ok(Vec::new()) };
    let single = app.store.single_failures(&organization).await?;
    Ok(single.into_iter().map(TicketSubject::Action).chain([TicketSubject::Organization(organization)]).collect())
}

/// Returns the group ticket of an action, if it is not opened at present, or is being looked at. Another error of one of its
/// failures can be the one that opens it, and changes no other item.
async fn group_of(app: &App, key: &ActionKey) -> Result<Option<TicketSubject>, ServiceError> {
    let Some(action) = app.store.action(key).await?.filter(|action| action.grouped) else { return Ok(None) };
    let group = TicketSubject::Organization(action.mailbox.organization);
    let ticket = app.store.ticket(&group).await?;
    let may_open = ticket
        .is_some_and(|ticket| ticket.held_since.is_some() || (ticket.sync.lease_owner.is_some() && !ticket.is_open()));
    Ok(may_open.then_some(group))
}

/// Returns the organization of a linked account.
async fn organization_of(app: &App, account: &AccountKey) -> Result<Option<VendorId>, ServiceError> {
    Ok(app.store.agreement(account).await?.and_then(|link| link.organization))
}
