//! The functions that no URL of the gateway leads to, run in this process: by the table's stream, by the queue of what is to be
//! looked at, and by whoever invokes them as `aws lambda invoke` does.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::StatusCode;
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::{Value, json};
use service_manager::app::App;
use service_manager::domain::error::ServiceError;
use service_manager::store::{ACTION, AGREEMENT, FAILURES, SUBSCRIPTION};
use service_manager::workers::actions::{check, monitor};
use service_manager::workers::stream::{BatchResponse, Event};
use service_manager::workers::{additions, redrive, tickets};
use uuid::Uuid;

use crate::sqs::Queues;
use crate::stream::{Handler, Settings, SortKey};

/// The queue of what the consumers of the stream could not do.
pub const CONNECTWISE_DEAD_LETTERS: &str = "connectwise-dead-letters";

/// The queue of what is to be looked at.
pub const ACTIONS: &str = "actions";

/// How long a consumer of the stream, and the redrive, may take.
const TIME_OUT: Duration = Duration::from_mins(2);

/// How the template has the stream handed to the consumer of subscriptions.
pub fn consumer() -> Settings {
    settings("connectwise-additions", &[SUBSCRIPTION, AGREEMENT])
}

/// How the template has the stream handed to the consumer of actions.
pub fn tickets_consumer() -> Settings {
    settings("connectwise-tickets", &[ACTION, FAILURES, AGREEMENT])
}

fn settings(function: &str, sort_keys: &[&str]) -> Settings {
    Settings {
        filter: sort_keys.iter().map(|sort| SortKey::Equal((*sort).to_owned())).collect(),
        batch_size: 25,
        maximum_retry_attempts: 5,
        maximum_record_age: SignedDuration::from_hours(1),
        bisect: true,
        dead_letters: CONNECTWISE_DEAD_LETTERS.to_owned(),
        function: function.to_owned(),
    }
}

/// The consumer of subscriptions.
pub fn consume(app: &Arc<App>) -> Handler {
    handler(app, |app, event, id| additions::consume(app, event, id, TIME_OUT).boxed())
}

/// The consumer of actions.
pub fn consume_tickets(app: &Arc<App>) -> Handler {
    handler(app, |app, event, id| tickets::consume(app, event, id, TIME_OUT).boxed())
}

fn handler(
    app: &Arc<App>,
    consume: for<'a> fn(&'a App, &'a Event, &'a str) -> BoxFuture<'a, BatchResponse>,
) -> Handler {
    let app = Arc::clone(app);
    Arc::new(move |event| {
        let app = Arc::clone(&app);
        async move {
            let event = serde_json::from_value(event).map_err(|error| error.to_string())?;
            let answer = consume(&app, &event, &Uuid::new_v4().to_string()).await;
            serde_json::to_value(answer).map_err(|error| error.to_string())
        }
        .boxed()
    })
}

/// One run of the monitor.
///
/// # Errors
/// The table or the queue could not be reached.
pub async fn monitor(app: &App) -> Result<monitor::Report, ServiceError> {
    monitor::run(app, TIME_OUT).await
}

/// Looks at what the monitor has sent, until nothing is left that can be looked at now. How many messages there were.
///
/// # Errors
/// The queue did not answer as SQS does.
pub async fn check(app: &App, queues: &Queues) -> Result<usize, String> {
    let mut looked_at = 0;
    loop {
        let received = queues.answer(
            "ReceiveMessage",
            json!({ "QueueUrl": ACTIONS, "MaxNumberOfMessages": 10, "VisibilityTimeout": 720 }),
        )?;
        let messages = received.get("Messages").and_then(Value::as_array).cloned().unwrap_or_default();
        if messages.is_empty() {
            return Ok(looked_at);
        }
        looked_at += messages.len();
        let records: Vec<_> = messages
            .iter()
            .map(|message| json!({ "messageId": message.get("MessageId"), "body": message.get("Body") }))
            .collect();
        let event = serde_json::from_value(json!({ "Records": records })).map_err(|error| error.to_string())?;
        let answer = check::consume(app, &event, TIME_OUT).await;
        let unfinished: Vec<_> = answer.batch_item_failures.iter().map(|one| one.item_identifier.as_str()).collect();
        for message in &messages {
            let id = message.get("MessageId").and_then(Value::as_str).unwrap_or_default();
            if !unfinished.contains(&id) {
                let receipt = message.get("ReceiptHandle");
                queues.answer("DeleteMessage", json!({ "QueueUrl": ACTIONS, "ReceiptHandle": receipt }))?;
            }
        }
    }
}

/// One run of the redrive.
///
/// # Errors
/// The table could not be reached.
pub async fn redrive(app: &App) -> Result<redrive::Report, ServiceError> {
    redrive_by(app, redrive::Event::default()).await
}

/// One run of the redrive, which looks for what no event told of.
///
/// # Errors
/// The table could not be reached.
pub async fn sweep(app: &App) -> Result<redrive::Report, ServiceError> {
    redrive_by(app, redrive::Event { full_scan: true }).await
}

async fn redrive_by(app: &App, event: redrive::Event) -> Result<redrive::Report, ServiceError> {
    redrive::redrive(app, app.dead_letters.as_ref(), event, &Uuid::new_v4().to_string(), TIME_OUT).await
}

/// What can be invoked, once there is something to run it on.
#[derive(Clone, Debug, Default)]
pub struct Invocations(Arc<OnceLock<Arc<App>>>);

impl Invocations {
    /// From here on functions run on `app`.
    pub fn run_on(&self, app: &Arc<App>) {
        // Set once, when the stack starts.
        let _ = self.0.set(Arc::clone(app));
    }

    /// Lambda's `Invoke`.
    pub fn router(&self) -> Router {
        Router::new().route("/2015-03-31/functions/{name}/invocations", post(invoke)).with_state(self.clone())
    }
}

async fn invoke(State(Invocations(app)): State<Invocations>, Path(name): Path<String>, event: Bytes) -> Response {
    match (name.as_str(), app.get()) {
        // What is no event of the function's is one of a schedule.
        ("connectwise-redrive", Some(app)) => {
            invoked(redrive_by(app, serde_json::from_slice(&event).unwrap_or_default()).await)
        }
        ("actions-monitor", Some(app)) => invoked(monitor(app).await),
        _ => (StatusCode::NOT_FOUND, Json(json!({ "Message": format!("Function not found: {name}") }))).into_response(),
    }
}

fn invoked(outcome: Result<impl Serialize, ServiceError>) -> Response {
    match outcome {
        Ok(report) => Json(report).into_response(),
        Err(failure) => Json(json!({ "errorMessage": failure.log_message() })).into_response(),
    }
}
