//! The functions without a URL, run in this process. Triggers: the table's stream, the queues, and Lambda's
//! `Invoke`, as `aws lambda invoke` calls it.

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
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use service_manager::app::App;
use service_manager::domain::error::ServiceError;
use service_manager::provisioning::{migrations, recovery, renewals};
use service_manager::store::{ACTION, AGREEMENT, FAILURES, SUBSCRIPTION};
use service_manager::workers::actions::{check, monitor};
use service_manager::workers::stream::{BatchResponse, Event};
use service_manager::workers::{additions, audit, customers, queue, redrive, tickets, tokens};
use uuid::Uuid;

use crate::sqs::Queues;
use crate::stream::{Handler, Settings, SortKey};

/// The dead-letter queue of the stream's consumers.
pub const CONNECTWISE_DEAD_LETTERS: &str = "connectwise-dead-letters";

/// The check queue: organizations whose mailboxes are to be checked.
pub const ACTIONS: &str = "actions";

/// The audit queue: the runs of the billing audit.
pub const AUDITS: &str = "audits";

/// Header of Lambda's response that says that the function failed.
const FUNCTION_ERROR: &str = "x-amz-function-error";

/// Header of a refusal by Lambda itself.
const ERROR_TYPE: &str = "x-amzn-errortype";

/// Time limit of one run of a stream consumer, the redrive or the monitor.
const TIME_OUT: Duration = Duration::from_mins(2);

/// Time limit of one run of the check or the audit.
const QUEUE_TIME_OUT: Duration = Duration::from_mins(15);

/// Event source mapping of `connectwise-additions`, as in the template.
pub fn consumer() -> Settings {
    settings("connectwise-additions", &[SUBSCRIPTION, AGREEMENT])
}

/// Event source mapping of `connectwise-tickets`, as in the template.
pub fn tickets_consumer() -> Settings {
    settings("connectwise-tickets", &[ACTION, FAILURES, AGREEMENT, SUBSCRIPTION])
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

/// Handler of `connectwise-additions`.
pub fn consume(app: &Arc<App>) -> Handler {
    handler(app, |app, event, id| additions::consume(app, event, id, TIME_OUT).boxed())
}

/// Handler of `connectwise-tickets`.
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

/// Runs the recovery of abandoned jobs once, and the looks at renewals and at the ends of trials that are due.
///
/// # Errors
/// The table could not be reached.
pub async fn reconcile(app: &App) -> Result<(), ServiceError> {
    let run_id = Uuid::new_v4().to_string();
    let recovered = recovery::run(app, &recovery::Config::default(), &run_id, TIME_OUT).await;
    let looked = renewals::run(app, &run_id, TIME_OUT).await;
    recovered.and(looked).map(drop)
}

/// Runs the monitor once.
///
/// # Errors
/// The table or the queue could not be reached.
pub async fn monitor(app: &App) -> Result<monitor::Report, ServiceError> {
    monitor::run(app, TIME_OUT).await
}

/// Starts the audits that are due.
///
/// # Errors
/// The table or the queue could not be reached.
pub async fn schedule(app: &App) -> Result<audit::schedule::Report, ServiceError> {
    audit::schedule::run(app, TIME_OUT).await
}

/// Processes the check queue until no visible message is left. Returns the number of messages received.
///
/// # Errors
/// The queue did not answer as SQS does.
pub async fn check(app: &App, queues: &Queues) -> Result<usize, String> {
    let consume = |event| async move { check::consume(app, &event, QUEUE_TIME_OUT).await };
    drain(queues, ACTIONS, |event| consume(event).boxed()).await
}

/// Processes the audit queue until no visible message is left. Returns the number of messages received.
///
/// # Errors
/// The queue did not answer as SQS does.
pub async fn audit(app: &App, queues: &Queues) -> Result<usize, String> {
    let consume = |event| async move { audit::consume(app, &event, &Uuid::new_v4().to_string(), QUEUE_TIME_OUT).await };
    drain(queues, AUDITS, |event| consume(event).boxed()).await
}

/// Passes the messages of a queue to a function, one at a time, until no visible message is left. Returns their number.
async fn drain<'a>(
    queues: &Queues,
    queue: &str,
    consume: impl Fn(queue::Event) -> BoxFuture<'a, BatchResponse>,
) -> Result<usize, String> {
    let mut received = 0;
    loop {
        let answer = queues.answer(
            "ReceiveMessage",
            json!({ "QueueUrl": queue, "MaxNumberOfMessages": 1, "VisibilityTimeout": 1800 }),
        )?;
        let messages = answer.get("Messages").and_then(Value::as_array).cloned().unwrap_or_default();
        if messages.is_empty() {
            return Ok(received);
        }
        received += messages.len();
        let records: Vec<_> = messages
            .iter()
            .map(|message| json!({ "messageId": message.get("MessageId"), "body": message.get("Body") }))
            .collect();
        let event = serde_json::from_value(json!({ "Records": records })).map_err(|error| error.to_string())?;
        let answer = consume(event).await;
        let unfinished: Vec<_> = answer.batch_item_failures.iter().map(|one| one.item_identifier.as_str()).collect();
        for message in &messages {
            let id = message.get("MessageId").and_then(Value::as_str).unwrap_or_default();
            if !unfinished.contains(&id) {
                let receipt = message.get("ReceiptHandle");
                queues.answer("DeleteMessage", json!({ "QueueUrl": queue, "ReceiptHandle": receipt }))?;
            }
        }
    }
}

/// Runs the redrive once.
///
/// # Errors
/// The table could not be reached.
pub async fn redrive(app: &App) -> Result<redrive::Report, ServiceError> {
    redrive_by(app, redrive::Event::default()).await
}

/// Runs the redrive once with a full scan, which finds items whose stream event was lost.
///
/// # Errors
/// The table could not be reached.
pub async fn sweep(app: &App) -> Result<redrive::Report, ServiceError> {
    redrive_by(app, redrive::Event { full_scan: true }).await
}

/// Moves a customer to another MSP, or reports what that would change.
///
/// # Errors
/// The table or the vendor did not answer.
pub async fn move_customer(app: &App, event: &customers::Event) -> Result<customers::Report, ServiceError> {
    customers::move_customer(app, event, TIME_OUT).await
}

/// Replaces an MSP's reseller token, or reports what that would change.
///
/// # Errors
/// The table or the vendor did not answer.
pub async fn replace_token(app: &App, event: &tokens::Event) -> Result<tokens::Report, ServiceError> {
    tokens::replace(app, event, TIME_OUT).await
}

/// Moves a Dropbox team to another reseller, or reports what that would change.
///
/// # Errors
/// The table or the vendor did not answer, or the outcome of the move is unknown.
pub async fn migrate_team(app: &App, event: &migrations::Event) -> Result<migrations::Report, ServiceError> {
    migrations::run(app, event, &Uuid::new_v4().to_string(), TIME_OUT).await
}

async fn redrive_by(app: &App, event: redrive::Event) -> Result<redrive::Report, ServiceError> {
    redrive::redrive(app, app.dead_letters.as_ref(), event, &Uuid::new_v4().to_string(), TIME_OUT).await
}

/// Functions that can be invoked, once [`run_on`](Self::run_on) has set the application.
#[derive(Clone, Debug, Default)]
pub struct Invocations(Arc<OnceLock<Arc<App>>>);

impl Invocations {
    /// Sets the application that invoked functions run on.
    pub fn run_on(&self, app: &Arc<App>) {
        // Set once, when the stack starts.
        let _ = self.0.set(Arc::clone(app));
    }

    /// Serves Lambda's `Invoke`.
    pub fn router(&self) -> Router {
        Router::new().route("/2015-03-31/functions/{name}/invocations", post(invoke)).with_state(self.clone())
    }
}

async fn invoke(State(Invocations(app)): State<Invocations>, Path(name): Path<String>, event: Bytes) -> Response {
    // Lambda passes an empty object if the caller sends no payload, and refuses a payload that is not JSON.
    let event = if event.is_empty() { Bytes::from_static(b"{}") } else { event };
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(&event) {
        let message = format!("Could not parse request body into json: {error}");
        return (
            StatusCode::BAD_REQUEST,
            [(ERROR_TYPE, "InvalidRequestContentException")],
            Json(json!({ "Type": "User", "message": message })),
        )
            .into_response();
    }
    match (name.as_str(), app.get()) {
        ("connectwise-redrive", Some(app)) => invoked_with(&event, async |event| redrive_by(app, event).await).await,
        ("actions-monitor", Some(app)) => invoked(monitor(app).await),
        ("connectwise-schedule", Some(app)) => invoked(schedule(app).await),
        ("customers-move", Some(app)) => invoked_with(&event, async |event| move_customer(app, &event).await).await,
        ("tokens-replace", Some(app)) => invoked_with(&event, async |event| replace_token(app, &event).await).await,
        ("teams-migrate", Some(app)) => invoked_with(&event, async |event| migrate_team(app, &event).await).await,
        ("work-reconcile", Some(app)) => invoked(reconcile(app).await),
        _ => (StatusCode::NOT_FOUND, Json(json!({ "Message": format!("Function not found: {name}") }))).into_response(),
    }
}

/// Runs a function with its event, which fails if it cannot be read.
async fn invoked_with<E: DeserializeOwned, R: Serialize>(
    event: &[u8],
    run: impl AsyncFnOnce(E) -> Result<R, ServiceError>,
) -> Response {
    match serde_json::from_slice(event) {
        Ok(event) => invoked(run(event).await),
        Err(error) => failed(&error.to_string()),
    }
}

fn invoked(outcome: Result<impl Serialize, ServiceError>) -> Response {
    match outcome {
        Ok(report) => Json(report).into_response(),
        Err(failure) => failed(failure.log_message()),
    }
}

/// Returns Lambda's response to an invocation whose function failed: status 200 with a header.
fn failed(message: &str) -> Response {
    ([(FUNCTION_ERROR, "Unhandled")], Json(json!({ "errorMessage": message }))).into_response()
}
