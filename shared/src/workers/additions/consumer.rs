//! The stream consumer `connectwise-additions`.

use std::time::Duration;

use futures::FutureExt;

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::http_client::Deadline;
use crate::http_client::OutboundCallLog;
use crate::store::ChangedItem;
use crate::store::SubscriptionKey;
use crate::workers::additions::process::sync;
use crate::workers::stream::{BatchResponse, Event};
use crate::workers::sync::{self, CircuitBreaker, SyncAttempt, SyncOutcome};

/// Processes a stream batch within `budget`. Each subscription gets one attempt, however often it, or its account's link,
/// was written. `run_id` owns the leases of the batch and must be unique. Returns the records to retry; those that need a
/// person are not among them.
pub async fn consume(app: &App, event: &Event, run_id: &str, budget: Duration) -> BatchResponse {
    let (deadline, breaker) = (Deadline::after(budget), &CircuitBreaker::default());
    sync::process_batch(
        event,
        |item| async move { subscriptions(app, &item).await }.boxed(),
        |key, number| {
            async move { sync_subscription(app, &key, format!("{run_id}/{number}"), deadline, breaker).await }.boxed()
        },
    )
    .await
}

/// Makes one automatic sync attempt for a subscription's addition.
pub async fn sync_subscription(
    app: &App,
    key: &SubscriptionKey,
    id: String,
    deadline: Deadline,
    breaker: &CircuitBreaker,
) -> Result<SyncOutcome, ServiceError> {
    let outbound_calls = OutboundCallLog::default();
    sync(app, key, &SyncAttempt::automatic(id, deadline, &outbound_calls, breaker)).await
}

/// Returns the subscriptions whose additions a changed item affects. A changed link affects the account's live
/// subscription and those that were billed before.
pub async fn subscriptions(app: &App, item: &ChangedItem) -> Result<Vec<SubscriptionKey>, ServiceError> {
    let account = match item {
        ChangedItem::Subscription(key) => return Ok(vec![key.clone()]),
        ChangedItem::Agreement(account) => account,
        ChangedItem::Action(_) | ChangedItem::FailingActions(_) => return Ok(Vec::new()),
    };
    let mut keys = match app.store.agreement(account).await? {
        Some(link) => app.store.billed_subscriptions(link.msp, account).await?,
        None => Vec::new(),
    };
    let live = app.store.live_subscription(account).await?;
    keys.extend(live.filter(|live| !keys.contains(live)));
    Ok(keys)
}
