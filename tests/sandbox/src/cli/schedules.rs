//! Runs what schedules and queues run in a deployed stack.

use std::sync::Arc;
use std::time::Duration;

use sandbox::background;
use sandbox::sqs::Queues;
use sandbox::stack::Stack;
use service_manager::app::App;
use tokio::task::JoinSet;

/// The time between two runs of a schedule.
const MINUTE: Duration = Duration::from_mins(1);

/// The time between two runs of the schedule of audits.
const HOUR: Duration = Duration::from_hours(1);

/// Pause after the queue could not be read.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts all of them. They stop when the set is dropped.
pub fn start(stack: &Stack) -> JoinSet<()> {
    let mut schedules = JoinSet::new();
    schedules.spawn(reconcile(Arc::clone(&stack.app)));
    schedules.spawn(redrive(Arc::clone(&stack.app)));
    schedules.spawn(monitor(Arc::clone(&stack.app)));
    schedules.spawn(check(Arc::clone(&stack.app), stack.queues.clone()));
    schedules.spawn(schedule(Arc::clone(&stack.app)));
    schedules.spawn(audit(Arc::clone(&stack.app), stack.queues.clone()));
    schedules
}

async fn reconcile(app: Arc<App>) {
    loop {
        tokio::time::sleep(MINUTE).await;
        if let Err(failure) = background::reconcile(&app).await {
            tracing::error!(error = failure.log_message(), "the reconciler failed");
        }
    }
}

/// More often than the deployed monitor, which runs every hour.
async fn monitor(app: Arc<App>) {
    loop {
        tokio::time::sleep(MINUTE).await;
        if let Err(failure) = background::monitor(&app).await {
            tracing::error!(error = failure.log_message(), "the monitor failed");
        }
    }
}

async fn check(app: Arc<App>, queues: Queues) {
    loop {
        queues.message_available(background::ACTIONS).await;
        if let Err(error) = background::check(&app, &queues).await {
            tracing::error!(error, "reading the queue of checks failed");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Every hour, as the deployed schedule.
async fn schedule(app: Arc<App>) {
    loop {
        tokio::time::sleep(HOUR).await;
        if let Err(failure) = background::schedule(&app).await {
            tracing::error!(error = failure.log_message(), "starting audits failed");
        }
    }
}

async fn audit(app: Arc<App>, queues: Queues) {
    loop {
        queues.message_available(background::AUDITS).await;
        if let Err(error) = background::audit(&app, &queues).await {
            tracing::error!(error, "reading the queue of audits failed");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn redrive(app: Arc<App>) {
    loop {
        tokio::time::sleep(MINUTE).await;
        if let Err(failure) = background::redrive(&app).await {
            tracing::error!(error = failure.log_message(), "the redrive failed");
        }
    }
}
