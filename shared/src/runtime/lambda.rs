//! Runs an endpoint as a Lambda function behind an HTTP API, and a worker as a Lambda function on events of a stream, a queue, a
//! schedule or an operator.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use lambda_runtime::Error;
use lambda_runtime::{LambdaEvent, service_fn};
use metrics_cloudwatch_embedded::Collector;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::config;
use crate::domain::error::ServiceError;
use crate::domain::reference::Reference;
use crate::endpoints::{Access, Endpoint};
use crate::http_client::Deadline;
use crate::provisioning::{migrations, recovery, renewals};
use crate::runtime::gateway_event::{GatewayEvent, GatewayResponse};
use crate::runtime::http_api::{self, InvocationContext};
use crate::runtime::logging;
use crate::workers::actions::{check, monitor};
use crate::workers::stream;
use crate::workers::{additions, audit, customers, queue, redrive, tickets, tokens};

/// Time reserved for the platform after the response, subtracted from Lambda's deadline.
const SHUTDOWN_RESERVE: Duration = Duration::from_secs(1);

/// Time limit of warming up. It must not cost more than a cold first call would.
const WARM_UP_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves `endpoint` until the platform ends the process. Clients are built and their connections opened before the first
/// event, because the CPU is not throttled at that time.
///
/// Reads `METRICS_NAMESPACE` (default `ServiceManager`), which separates the stacks of one AWS account. Without `TABLE_NAME`
/// the function has no table and does not connect to it.
///
/// # Errors
/// An environment variable is missing or invalid; the error names it.
pub fn serve(endpoint: &'static Endpoint) -> Result<(), Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(endpoint))
}

/// Runs the recovery of abandoned jobs on each event of a schedule. The event's content is ignored.
///
/// # Errors
/// An environment variable is missing or invalid; the error names it.
pub fn reconcile() -> Result<(), Error> {
    let config = recovery::Config::from_env()?;
    run_event_handler(&async |app: &App, _: IgnoredAny, id: &str, budget: Duration| {
        let deadline = Deadline::after(budget);
        let recovered = recovery::run(app, &config, id, budget).await;
        let renewals = renewals::run(app, id, deadline.remaining()).await;
        let (report, renewals) = (recovered?, renewals?);
        let (noticed, ended, converted) = (renewals.noticed, renewals.ended, renewals.converted);
        let stuck = report.stuck + renewals.stuck;
        tracing::info!(settled = report.recovered, stuck, noticed, ended, converted, "reconciled");
        Ok(())
    })
}

/// Runs the consumer of the table's stream that synchronizes additions in ConnectWise with subscriptions.
///
/// # Errors
/// An environment variable is missing or invalid; the error names it.
pub fn additions() -> Result<(), Error> {
    run_event_handler(&async |app: &App, event: stream::Event, id: &str, budget: Duration| {
        Ok(additions::consume(app, &event, id, budget).await)
    })
}

/// Runs the consumer of the table's stream that synchronizes service tickets in ConnectWise with failing actions.
///
/// # Errors
/// An environment variable is missing or invalid; the error names it.
pub fn tickets() -> Result<(), Error> {
    run_event_handler(&async |app: &App, event: stream::Event, id: &str, budget: Duration| {
        Ok(tickets::consume(app, &event, id, budget).await)
    })
}

/// Queues a check of every linked organization, on each event of a schedule or when invoked by hand. Each invocation returns
/// a [`Report`](monitor::Report).
///
/// # Errors
/// An environment variable is missing or invalid; the error names it.
pub fn monitor() -> Result<(), Error> {
    run_event_handler(&async |app: &App, _: IgnoredAny, _: &str, budget: Duration| {
        let report = monitor::run(app, budget).await?;
        tracing::info!(report = serde_json::to_string(&report).unwrap_or_default(), "checks queued");
        Ok(report)
    })
}

/// Checks the organizations that the monitor queued.
///
/// # Errors
/// An environment variable is missing or invalid; the error names it.
pub fn check() -> Result<(), Error> {
    run_event_handler(&async |app: &App, event: queue::Event, _: &str, budget: Duration| {
        Ok(check::consume(app, &event, budget).await)
    })
}

/// Starts the audits that are due, on each event of a schedule or when invoked by hand. Each invocation returns a
/// [`Report`](audit::schedule::Report).
///
/// # Errors
/// An environment variable is missing or invalid; the error names it.
pub fn schedule() -> Result<(), Error> {
    run_event_handler(&async |app: &App, _: IgnoredAny, _: &str, budget: Duration| {
        let report = audit::schedule::run(app, budget).await?;
        tracing::info!(report = serde_json::to_string(&report).unwrap_or_default(), "audits started");
        Ok(report)
    })
}

/// Carries out the audits in the queue.
///
/// # Errors
/// An environment variable is missing or invalid; the error names it.
pub fn audit() -> Result<(), Error> {
    run_event_handler(&async |app: &App, event: queue::Event, id: &str, budget: Duration| {
        Ok(audit::consume(app, &event, id, budget).await)
    })
}

/// Retries pending and failed synchronizations and the stream's dead letters, on each event of a schedule or when invoked by
/// hand with an [`Event`](redrive::Event). Each invocation returns a [`Report`](redrive::Report).
///
/// # Errors
/// An environment variable is missing or invalid; the error names it.
pub fn redrive() -> Result<(), Error> {
    run_event_handler(&async |app: &App, event: redrive::Event, id: &str, budget: Duration| {
        let report = redrive::redrive(app, app.dead_letters.as_ref(), event, id, budget).await?;
        tracing::info!(report = serde_json::to_string(&report).unwrap_or_default(), "redrive finished");
        Ok(report)
    })
}

/// Moves a customer to another MSP when invoked by hand with an [`Event`](customers::Event). Each invocation returns a
/// [`Report`](customers::Report).
///
/// # Errors
/// An environment variable is missing or invalid; the error names it.
pub fn move_customer() -> Result<(), Error> {
    run_event_handler(&async |app: &App, event: customers::Event, _: &str, budget: Duration| {
        let report = customers::move_customer(app, &event, budget).await?;
        tracing::info!(report = serde_json::to_string(&report).unwrap_or_default(), "customer move handled");
        Ok(report)
    })
}

/// Replaces the reseller token of an MSP when invoked by hand with an [`Event`](tokens::Event). Each invocation returns a
/// [`Report`](tokens::Report).
///
/// # Errors
/// An environment variable is missing or invalid; the error names it.
pub fn replace_token() -> Result<(), Error> {
    run_event_handler(&async |app: &App, event: tokens::Event, _: &str, budget: Duration| {
        let report = tokens::replace(app, &event, budget).await?;
        tracing::info!(report = serde_json::to_string(&report).unwrap_or_default(), "reseller token handled");
        Ok(report)
    })
}

/// Moves a Dropbox team to another reseller when invoked by hand with an [`Event`](migrations::Event). Each invocation returns a
/// [`Report`](migrations::Report).
///
/// # Errors
/// An environment variable is missing or invalid; the error names it.
pub fn migrate_team() -> Result<(), Error> {
    run_event_handler(&async |app: &App, event: migrations::Event, id: &str, budget: Duration| {
        migrations::run(app, &event, id, budget).await
    })
}

/// Serves events of a worker until the platform ends the process. `work` receives the event, Lambda's request id and the time
/// budget. If `work` fails, the platform counts an error, and retries the event or moves it to a dead-letter queue.
fn run_event_handler<E, A>(work: &impl AsyncFn(&App, E, &str, Duration) -> Result<A, ServiceError>) -> Result<(), Error>
where
    E: DeserializeOwned,
    A: Serialize,
{
    let running = async {
        let metrics = start()?;
        let app = &App::from_env()?;
        warm_up(Box::pin(app.store.warm())).await;
        let running = lambda_runtime::run(service_fn(async |event: LambdaEvent<E>| {
            let (event, context) = event.into_parts();
            let budget = remaining(context.deadline).unwrap_or(app.deadline);
            let outcome = work(app, event, &context.request_id, budget).await;
            metrics.flush(std::io::stdout())?;
            outcome.map_err(|error| Error::from(error.log_message()))
        }));
        until_terminated(Box::pin(running)).await
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(running)
}

fn start() -> Result<&'static Collector, Error> {
    logging::init();
    let namespace = config::optional("METRICS_NAMESPACE").unwrap_or_else(|| "ServiceManager".to_owned());
    let metrics = metrics_cloudwatch_embedded::Builder::new().cloudwatch_namespace(namespace).init();
    metrics::describe_histogram!("Duration", metrics::Unit::Milliseconds, "from the event to the response");
    metrics.map_err(|error| error.to_string().into())
}

async fn run(endpoint: &'static Endpoint) -> Result<(), Error> {
    let metrics = start()?;
    let app = App::from_env()?;
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
    warm_up(Box::pin(async { tokio::join!(warm_applications, warm_table) })).await;
    let app = &app;
    let running = lambda_runtime::run(service_fn(async |event: LambdaEvent<GatewayEvent>| {
        let (event, context) = event.into_parts();
        if !endpoint.serves(&event.raw_path) {
            // A wrong route could otherwise turn a create into a cancellation.
            let reference = Reference::of(&context.request_id);
            tracing::error!(%reference, path = event.raw_path, endpoint = endpoint.path, "a route leads to the wrong function");
            return Ok(GatewayResponse::from(http_api::not_found(&endpoint.url(), &reference)));
        }
        let invocation = InvocationContext {
            request_id: context.request_id,
            remaining_time: remaining(context.deadline),
            source: event.source(),
            host: event.host(),
        };
        let response = http_api::serve(endpoint, app, &event.into(), invocation).await;
        metrics.flush(std::io::stdout())?;
        Ok::<_, Error>(response.into())
    }));
    until_terminated(Box::pin(running)).await
}

/// Opens the connections that the first event uses. A failure is not reported: the first event meets it again and reports it.
async fn warm_up<T>(warm: impl Future<Output = T>) {
    let _ = tokio::time::timeout(WARM_UP_TIMEOUT, warm).await;
}

async fn until_terminated(running: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = running => ended,
        // Lambda sends the signal to an idle function. An interrupted job is recovered as after a crash.
        _ = terminate.recv() => Ok(()),
    }
}

/// Returns the usable time until `deadline`, in milliseconds since the epoch. Returns `None` for a deadline in the past, which
/// is not a real one: Lambda would have ended the process, and `cargo lambda watch` always sends 600,000.
fn remaining(deadline: u64) -> Option<Duration> {
    let deadline = UNIX_EPOCH + Duration::from_millis(deadline);
    deadline.duration_since(SystemTime::now()).ok().map(|remaining| remaining.saturating_sub(SHUTDOWN_RESERVE))
}
