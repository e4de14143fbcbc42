//! How an endpoint is run as a Lambda function behind an HTTP API, and what runs in the background by events of its own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
pub use lambda_http::Error;
use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::{Body, Request, RequestExt, Response, service_fn};
use metrics_cloudwatch_embedded::Collector;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::config;
use crate::domain::error::ServiceError;
use crate::endpoints::{Access, Endpoint};
use crate::provisioning::recovery;
use crate::runtime::http_api::{self, InvocationContext};
use crate::workers::actions::{check, monitor};
use crate::workers::stream;
use crate::workers::{additions, redrive, tickets};

/// What the platform needs after our answer.
const SHUTDOWN_RESERVE: Duration = Duration::from_secs(1);

/// Warming up must not cost more than a cold first call would.
const WARM_UP_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves `endpoint` until the platform ends the process. Clients are made, and their connections opened, before the first
/// event: at that time the CPU is not throttled.
///
/// Reads `METRICS_NAMESPACE` (default `ServiceManager`), so that stacks in one account can be told apart. Without
/// `TABLE_NAME` the function is one that keeps no records, and does not connect to the table.
///
/// # Errors
/// A missing setting, by name.
pub fn serve(endpoint: &'static Endpoint) -> Result<(), Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(endpoint))
}

/// Runs the reconciler on each event of a schedule, whatever the event says.
///
/// # Errors
/// A missing setting, by name.
pub fn reconcile() -> Result<(), Error> {
    let config = recovery::Config::from_env()?;
    run_event_handler(&async |app: &App, _: IgnoredAny, id: &str, budget: Duration| {
        let report = recovery::run(app, &config, id, budget).await?;
        tracing::info!(settled = report.settled, stuck = report.stuck, "reconciled");
        Ok(())
    })
}

/// Runs the consumer of the table's stream that has the additions in ConnectWise follow the subscriptions.
///
/// # Errors
/// A missing setting, by name.
pub fn additions() -> Result<(), Error> {
    run_event_handler(&async |app: &App, event: stream::Event, id: &str, budget: Duration| {
        Ok(additions::consume(app, &event, id, budget).await)
    })
}

/// Runs the consumer of the table's stream that has failing actions become service tickets in ConnectWise.
///
/// # Errors
/// A missing setting, by name.
pub fn tickets() -> Result<(), Error> {
    run_event_handler(&async |app: &App, event: stream::Event, id: &str, budget: Duration| {
        Ok(tickets::consume(app, &event, id, budget).await)
    })
}

/// Has every linked organization looked at, on each event of a schedule, or when it is invoked by hand. Its answer is a
/// [`Report`](monitor::Report).
///
/// # Errors
/// A missing setting, by name.
pub fn monitor() -> Result<(), Error> {
    run_event_handler(&async |app: &App, _: IgnoredAny, _: &str, budget: Duration| {
        let report = monitor::run(app, budget).await?;
        tracing::info!(report = serde_json::to_string(&report).unwrap_or_default(), "sent to be looked at");
        Ok(report)
    })
}

/// Looks at the organizations that messages of the monitor name.
///
/// # Errors
/// A missing setting, by name.
pub fn check() -> Result<(), Error> {
    run_event_handler(&async |app: &App, event: check::Event, _: &str, budget: Duration| {
        Ok(check::consume(app, &event, budget).await)
    })
}

/// Takes up again what the stream's consumers could not do, on each event of a schedule, or when it is invoked by hand with an
/// [`Event`](redrive::Event). Its answer is a [`Report`](redrive::Report).
///
/// # Errors
/// A missing setting, by name.
pub fn redrive() -> Result<(), Error> {
    run_event_handler(&async |app: &App, event: redrive::Event, id: &str, budget: Duration| {
        let report = redrive::redrive(app, app.dead_letters.as_ref(), event, id, budget).await?;
        tracing::info!(report = serde_json::to_string(&report).unwrap_or_default(), "redriven");
        Ok(report)
    })
}

/// Serves events that no URL leads to, until the platform ends the process. `work` is given the event, what names it, and how
/// long it may take. If it fails, the platform tries again or keeps the event, and counts an error.
fn run_event_handler<E, A>(work: &impl AsyncFn(&App, E, &str, Duration) -> Result<A, ServiceError>) -> Result<(), Error>
where
    E: DeserializeOwned,
    A: Serialize,
{
    let serving = async {
        let metrics = start()?;
        let app = &App::from_env().await?;
        let serving = lambda_runtime::run(service_fn(async |event: LambdaEvent<E>| {
            let (event, context) = event.into_parts();
            let budget = remaining(context.deadline).unwrap_or(app.deadline);
            let outcome = work(app, event, &context.request_id, budget).await;
            metrics.flush(std::io::stdout())?;
            outcome.map_err(|failure| Error::from(failure.log_message()))
        }));
        until_terminated(Box::pin(serving)).await
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serving)
}

fn start() -> Result<&'static Collector, Error> {
    lambda_http::tracing::init_default_subscriber();
    let namespace = config::optional("METRICS_NAMESPACE").unwrap_or_else(|| "ServiceManager".to_owned());
    let metrics = metrics_cloudwatch_embedded::Builder::new().cloudwatch_namespace(namespace).init();
    metrics::describe_histogram!("Duration", metrics::Unit::Milliseconds, "from the event to the answer");
    metrics.map_err(|error| error.to_string().into())
}

async fn run(endpoint: &'static Endpoint) -> Result<(), Error> {
    let metrics = start()?;
    let app = App::from_env().await?;
    // Whatever does not come up now is met again, and answered for, by the first request.
    let warm_table = async {
        if config::optional("TABLE_NAME").is_some() {
            app.store.warm().await;
        }
    };
    let warm_applications = async {
        if let Access::Application { .. } = endpoint.access {
            app.applications.warm().await;
        }
    };
    let warm = Box::pin(async { tokio::join!(warm_applications, warm_table) });
    let _ = tokio::time::timeout(WARM_UP_TIMEOUT, warm).await;
    let app = &app;
    let serving = lambda_http::run(service_fn(async |event: Request| {
        if !path_matches(endpoint, event.raw_http_path()) {
            tracing::error!(
                path = event.raw_http_path(),
                endpoint = endpoint.path,
                "a route leads to the wrong function"
            );
            return Ok(into_lambda_response(http_api::not_found()));
        }
        let origin = origin(&event);
        let response = http_api::serve(endpoint, app, &into_bytes_request(event), origin).await;
        metrics.flush(std::io::stdout())?;
        Ok::<_, Error>(into_lambda_response(response))
    }));
    until_terminated(Box::pin(serving)).await
}

async fn until_terminated(serving: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = serving => ended,
        // Sent when the function is idle. Whatever is under way all the same is taken up again like after any crash.
        _ = terminated.recv() => Ok(()),
    }
}

/// Whether a request for `path`, below whatever stage or base path, is one for `endpoint`. A wrong route in the gateway must
/// not cancel what should be created.
fn path_matches(endpoint: &Endpoint, path: &str) -> bool {
    let above = path.trim_end_matches('/').strip_suffix(endpoint.path);
    above.and_then(|above| above.strip_suffix('/')).is_some_and(|above| above.ends_with(endpoint.base()))
}

fn origin(event: &Request) -> InvocationContext {
    let context = event.lambda_context();
    InvocationContext { request_id: context.request_id, remaining_time: remaining(context.deadline) }
}

/// What we may use until `deadline`, in milliseconds since the epoch. One that is past tells nothing: Lambda would have ended
/// us by then, and `cargo lambda watch` always says 600,000.
fn remaining(deadline: u64) -> Option<Duration> {
    let deadline = UNIX_EPOCH + Duration::from_millis(deadline);
    deadline.duration_since(SystemTime::now()).ok().map(|left| left.saturating_sub(SHUTDOWN_RESERVE))
}

fn into_bytes_request(event: Request) -> http::Request<Bytes> {
    event.map(|body| match body {
        Body::Text(text) => text.into(),
        Body::Binary(bytes) => bytes.into(),
        _ => Bytes::new(),
    })
}

/// All that we answer is JSON, which travels as text.
fn into_lambda_response(response: Response<Bytes>) -> Response<Body> {
    response.map(|body| match String::from_utf8(body.into()) {
        Ok(text) => Body::Text(text),
        Err(error) => Body::Binary(error.into_bytes()),
    })
}
