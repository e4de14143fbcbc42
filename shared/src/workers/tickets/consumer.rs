//! The consumer of the table's stream.

use std::time::Duration;

use futures::FutureExt;

use crate::app::App;
use crate::domain::action::ActionKey;
use crate::domain::error::ServiceError;
use crate::http_client::OutboundCallLog;
use crate::http_client::Deadline;
use crate::store::TicketSubject;
use crate::store::ChangedItem;
use crate::workers::stream::{BatchResponse, Event};
use crate::workers::sync::{self, SyncOutcome, CircuitBreaker, SyncAttempt};
use crate::workers::tickets::process::sync;

/// Works off a batch, within `budget`: each ticket once. `run_id` names the batch and is never used twice. What is not done is
/// to come again; what somebody has to mend first is not.
pub async fn consume(app: &App, event: &Event, run_id: &str, budget: Duration) -> BatchResponse {
    let (deadline, silent) = (Deadline::after(budget), &CircuitBreaker::default());
    sync::process_batch(
        event,
        |subject| async move { tickets(app, &subject).await }.boxed(),
        |about, number| async move { turn(app, &about, format!("{run_id}/{number}"), deadline, silent).await }.boxed(),
    )
    .await
}

/// One ticket's turn in the run that `silent` is of.
pub async fn turn(
    app: &App,
    about: &TicketSubject,
    id: String,
    deadline: Deadline,
    silent: &CircuitBreaker,
) -> Result<SyncOutcome, ServiceError> {
    let log = OutboundCallLog::default();
    sync(app, about, &SyncAttempt::automatic(id, deadline, &log, silent)).await
}

/// What tickets `subject` is about. Of an organization that was linked: all that fails there.
pub async fn tickets(app: &App, subject: &ChangedItem) -> Result<Vec<TicketSubject>, ServiceError> {
    let organization = match subject {
        ChangedItem::Subscription(_) => return Ok(Vec::new()),
        ChangedItem::Action(key) => return Ok(vec![TicketSubject::Action(key.clone())]),
        ChangedItem::FailingActions(id) => return Ok(vec![TicketSubject::Organization(id.clone())]),
        ChangedItem::Agreement(account) => app.store.agreement(account).await?.and_then(|link| link.organization),
    };
    let Some(organization) = organization else { return Ok(Vec::new()) };
    let Some(failures) = app.store.failures(&organization).await? else { return Ok(Vec::new()) };
    let keys = failures.failing.keys().filter_map(|key| key.parse::<ActionKey>().ok());
    Ok(keys.map(TicketSubject::Action).chain([TicketSubject::Organization(organization)]).collect())
}
