//! The consumer of the table's stream.

use std::time::Duration;

use futures::FutureExt;

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::http_client::OutboundCallLog;
use crate::http_client::Deadline;
use crate::store::Subject;
use crate::store::SubscriptionKey;
use crate::workers::additions::process::settle;
use crate::workers::stream::{Answer, Event};
use crate::workers::sync::{self, Settled, Silent, Turn};

/// Works off a batch, within `budget`: each subscription once, however often it, or its account's link, was written. `run_id`
/// names the batch and is never used twice. What is not done is to come again; what somebody has to mend first is not.
pub async fn consume(app: &App, event: &Event, run_id: &str, budget: Duration) -> Answer {
    let (deadline, silent) = (Deadline::after(budget), &Silent::default());
    sync::work_off(
        event,
        |subject| async move { subscriptions(app, &subject).await }.boxed(),
        |key, number| async move { turn(app, &key, format!("{run_id}/{number}"), deadline, silent).await }.boxed(),
    )
    .await
}

/// One subscription's turn in the run that `silent` is of.
pub async fn turn(
    app: &App,
    key: &SubscriptionKey,
    id: String,
    deadline: Deadline,
    silent: &Silent,
) -> Result<Settled, ServiceError> {
    let log = OutboundCallLog::default();
    settle(app, key, &Turn::by_itself(id, deadline, &log, silent)).await
}

/// Whose additions `subject` is about. What was linked is billed by its live subscription; those that have ended since they
/// were billed are looked at as well.
pub async fn subscriptions(app: &App, subject: &Subject) -> Result<Vec<SubscriptionKey>, ServiceError> {
    let account = match subject {
        Subject::Subscription(key) => return Ok(vec![key.clone()]),
        Subject::Agreement(account) => account,
        Subject::Action(_) | Subject::Failures(_) => return Ok(Vec::new()),
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
