//! The consumer of the table's stream.

use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use indexmap::IndexMap;

use super::settle::{Anew, Settled, Turn, settle};
use crate::app::App;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::store::SubscriptionKey;
use crate::stream::{Answer, Event, Subject};
use crate::vendor::CallLog;

/// How many subscriptions of a batch are worked on at once. ConnectWise asks for little at a time, and what a subscription
/// takes is a few calls one after the other.
const AT_ONCE: usize = 4;

/// How long one subscription may take.
const TURN: Duration = Duration::from_secs(30);

/// Works off a batch, within `budget`: each subscription once, however often it, or its account's link, was written. `run_id`
/// names the batch and is never used twice. What is not done is to come again; what somebody has to mend first is not.
pub async fn consume(app: &App, event: &Event, run_id: &str, budget: Duration) -> Answer {
    let deadline = Deadline::after(budget);
    let mut writes: IndexMap<SubscriptionKey, Vec<String>> = IndexMap::new();
    let mut unfinished = Vec::new();
    for record in &event.records {
        let Some(subject) = record.subject() else { continue };
        match subscriptions(app, &subject).await {
            Ok(keys) => {
                for key in keys {
                    writes.entry(key).or_default().push(record.sequence_number().to_owned());
                }
            }
            Err(failure) => {
                tracing::error!(?subject, error = failure.log_message(), "an event could not be looked into");
                unfinished.push(record.sequence_number().to_owned());
            }
        }
    }
    let worked_off = stream::iter(writes.into_iter().enumerate())
        .map(|(number, (key, writes))| async move {
            match turn(app, &key, format!("{run_id}/{number}"), deadline).await {
                Ok(Settled::Nothing | Settled::Applied | Settled::Failed(_)) => Vec::new(),
                Ok(Settled::Pending(_) | Settled::Busy) => writes,
                Err(failure) => {
                    let subscription = &key.subscription;
                    tracing::error!(%subscription, error = failure.log_message(), "an addition could not be recorded");
                    writes
                }
            }
        })
        .buffered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    unfinished.extend(worked_off.into_iter().flatten());
    Answer::unfinished(unfinished)
}

/// One subscription's turn.
pub(super) async fn turn(app: &App, key: &SubscriptionKey, id: String, deadline: Deadline) -> Result<Settled, Failure> {
    let log = CallLog::default();
    let deadline = Deadline::after(deadline.remaining().min(TURN));
    settle(app, key, &Turn { id, deadline, log: &log, anew: Anew::No }).await
}

/// Whose additions `subject` is about. What was linked is billed by its live subscription; those that have ended since they
/// were billed are looked at as well.
pub(super) async fn subscriptions(app: &App, subject: &Subject) -> Result<Vec<SubscriptionKey>, Failure> {
    let account = match subject {
        Subject::Subscription(key) => return Ok(vec![key.clone()]),
        Subject::Agreement(account) => account,
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
