//! The consumer of the table's stream.

use std::time::Duration;

use futures::FutureExt;

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::http_client::OutboundCallLog;
use crate::http_client::Deadline;
use crate::store::ChangedItem;
use crate::store::SubscriptionKey;
use crate::workers::additions::process::sync;
use crate::workers::stream::{BatchResponse, Event};
use crate::workers::sync::{self, SyncOutcome, CircuitBreaker, SyncAttempt};

/// Works off a batch, within `budget`: each subscription once, however often it, or its account's link, was written. `run_id`
/// names the batch and is never used twice. What is not done is to come again; what somebody has to mend first is not.
pub async fn consume(app: &App, event: &Event, run_id: &str, budget: Duration) -> BatchResponse {
    let (deadline, silent) = (Deadline::after(budget), &CircuitBreaker::default());
    sync::process_batch(
        event,
        |subject| async move { subscriptions(app, &subject).await }.boxed(),
        |key, number| async move { sync_subscription(app, &key, format!("{run_id}/{number}"), deadline, silent).await }.boxed(),
    )
    .await
}

/// One subscription's turn in the run that `silent` is of.
pub async fn sync_subscription(
    app: &App,
    key: &SubscriptionKey,
    id: String,
    deadline: Deadline,
    silent: &CircuitBreaker,
) -> Result<SyncOutcome, ServiceError> {
    let log = OutboundCallLog::default();
    sync(app, key, &SyncAttempt::automatic(id, deadline, &log, silent)).await
}

/// Whose additions `subject` is about. What was linked is billed by its live subscription; those that have ended since they
/// were billed are looked at as well.
pub async fn subscriptions(app: &App, subject: &ChangedItem) -> Result<Vec<SubscriptionKey>, ServiceError> {
    let account = match subject {
        ChangedItem::Subscription(key) => return Ok(vec![key.clone()]),
        ChangedItem::Agreement(account) => account,
        ChangedItem::Action(_) | ChangedItem::FailingActions(_) => return Ok(Vec::new()),
    };
    let mut keys = match app.store.agreement(account).await? {
        Some(link) => app.store.billed_subscriptions(link.msp, account).await?,
        None => Vec::new(),
    };
    let live = app.store.account(account).await?.and_then(|record| record.live_subscription);
    let live = live.map(|subscription| SubscriptionKey { application: account.application, subscription });
    keys.extend(live.filter(|live| !keys.contains(live)));
    Ok(keys)
}
