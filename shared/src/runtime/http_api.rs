//! The steps that every HTTP request passes: method, authentication, body size, deadline, panics, the error response, the log
//! line and the metrics.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::FutureExt;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use url::form_urlencoded;

use crate::app::App;
use crate::app::request::AnonymousRequest;
use crate::app::request_ids::RequestIdLog;
use crate::auth::session;
use crate::bss::{ResultEnvelope, Settings, headers};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ApplicationId;
use crate::endpoints::portal::{self, PortalRequest};
use crate::endpoints::{Access, Endpoint, EndpointResponse};
use crate::http_client::{Deadline, OutboundCallLog};
use crate::runtime::status::{bss_status, portal_status};

/// Largest accepted body, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// Time reserved for the error response of a request that exceeds its deadline. The endpoint sees a deadline earlier by it.
const RESPONSE_RESERVE: Duration = Duration::from_millis(500);

/// The invocation that carries a request.
#[derive(Clone, Debug)]
pub struct InvocationContext {
    /// Identifies the request in the log and owns its leases. Unique per request.
    pub request_id: String,
    /// Time until the platform ends the invocation, if it sets a limit.
    pub remaining_time: Option<Duration>,
}

/// Answers `request`. Every error, and every panic of the endpoint, becomes an error response.
pub async fn serve(
    endpoint: &Endpoint,
    app: &App,
    request: &Request<Bytes>,
    invocation: InvocationContext,
) -> Response<Bytes> {
    let started = Instant::now();
    let budget = invocation.remaining_time.map_or(app.deadline, |remaining| remaining.min(app.deadline));
    let mut trace = RequestTrace {
        request_id: invocation.request_id,
        application: None,
        outbound_calls: OutboundCallLog::default(),
        ids: RequestIdLog::default(),
    };
    let handled = AssertUnwindSafe(tokio::time::timeout(budget, handle(endpoint, app, request, budget, &mut trace)));
    let outcome = match handled.catch_unwind().await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(timeout_error(endpoint)),
        Err(_) => Err(ServiceError::internal("a panic")),
    };
    let response = render(endpoint, &outcome);
    log_request(endpoint, app, request, &trace, &outcome, response.status(), started.elapsed());
    response
}

/// Facts about a request for its log line. They are available even if the request panics or exceeds its deadline.
struct RequestTrace {
    request_id: String,
    application: Option<ApplicationId>,
    outbound_calls: OutboundCallLog,
    ids: RequestIdLog,
}

/// Returns the error of a request that exceeded its deadline, for the person who sees it.
fn timeout_error(endpoint: &Endpoint) -> ServiceError {
    let action = match endpoint.access {
        Access::Application { .. } => "Press Retry",
        Access::MspSession(_) | Access::Anonymous(_) | Access::SignedReport(_) => "Repeat it",
    };
    ServiceError::new(
        ErrorCode::OutcomeUnknown,
        format!(
            "The request exceeded its time limit, and its outcome is unknown. {action} in 30 seconds: the outcome is looked up before anything is changed again."
        ),
    )
}

async fn handle(
    endpoint: &Endpoint,
    app: &App,
    request: &Request<Bytes>,
    budget: Duration,
    trace: &mut RequestTrace,
) -> Result<EndpointResponse, ServiceError> {
    if request.method() != endpoint.method {
        return Err(ServiceError::new(
            ErrorCode::MethodNotAllowed,
            format!("This endpoint accepts {} only. Send the request with that method.", endpoint.method),
        ));
    }
    let anonymous = AnonymousRequest {
        app,
        request_id: trace.request_id.clone(),
        deadline: Deadline::after(budget.saturating_sub(RESPONSE_RESERVE)),
        outbound_calls: trace.outbound_calls.clone(),
        ids: trace.ids.clone(),
        body: request.body(),
    };
    match endpoint.access {
        Access::Application { run, .. } => {
            let application = app.applications.authorize(request.headers()).await?;
            trace.application = Some(application);
            check_body_size(endpoint, request)?;
            run(&anonymous.authorized(application, Settings::from(request.headers()))).await
        }
        Access::MspSession(run) => {
            let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
            let (msp, settings) =
                session::authenticate(&app.store, &app.partner_credentials, app.clock.now(), authorization).await?;
            trace.application = Some(msp.as_application_id());
            check_body_size(endpoint, request)?;
            let query = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
            let query = query.into_owned().collect();
            run(&PortalRequest { call: anonymous.authorized(msp.as_application_id(), settings), msp, query }).await
        }
        Access::Anonymous(run) => {
            check_body_size(endpoint, request)?;
            run(&anonymous).await
        }
        Access::SignedReport(run) => {
            check_body_size(endpoint, request)?;
            let verified = app.reporters.verify(request.headers(), request.body(), app.clock.now()).await?;
            run(&anonymous, &verified).await
        }
    }
}

/// Checks that the body has at most [`MAX_BODY`] bytes.
fn check_body_size(endpoint: &Endpoint, request: &Request<Bytes>) -> Result<(), ServiceError> {
    if endpoint.method == Method::POST && request.body().len() > MAX_BODY {
        return Err(ServiceError::new(
            ErrorCode::TooLarge,
            format!("The body is larger than {MAX_BODY} bytes. Send a smaller one."),
        ));
    }
    Ok(())
}

/// Returns the response to a path that no endpoint has.
pub fn not_found() -> Response<Bytes> {
    render_error(&ServiceError::new(
        ErrorCode::NotFound,
        "No endpoint has this path. Compare the URL with the registration table.",
    ))
}

fn render(endpoint: &Endpoint, outcome: &Result<EndpointResponse, ServiceError>) -> Response<Bytes> {
    match outcome {
        Ok(response) => json(StatusCode::OK, response.body.clone().into()),
        Err(error) => {
            let mut response = match endpoint.access {
                Access::Application { .. } => render_error(error),
                Access::MspSession(_) | Access::Anonymous(_) | Access::SignedReport(_) => {
                    let body = serde_json::to_vec(&portal::error_body(error)).unwrap_or_default();
                    json(portal_status(error.code()), body.into())
                }
            };
            if error.code() == ErrorCode::MethodNotAllowed
                && let Ok(method) = HeaderValue::from_str(endpoint.method.as_str())
            {
                response.headers_mut().insert(ALLOW, method);
            }
            response
        }
    }
}

/// Returns the error as the BSS's envelope.
fn render_error(error: &ServiceError) -> Response<Bytes> {
    let envelope = ResultEnvelope::error(error.code().number(), error.message());
    json(bss_status(error.code()), serde_json::to_vec(&envelope).unwrap_or_default().into())
}

fn json(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Writes the log line of a request and its metrics (`docs/reference/metrics-and-logs.md`).
fn log_request(
    endpoint: &Endpoint,
    app: &App,
    request: &Request<Bytes>,
    trace: &RequestTrace,
    outcome: &Result<EndpointResponse, ServiceError>,
    status: StatusCode,
    duration: Duration,
) {
    let (code, reason) = match outcome {
        Ok(response) => (response.code, ""),
        Err(error) => (error.code().number(), error.log_message()),
    };
    let calls = serde_json::to_string(&trace.outbound_calls.calls()).unwrap_or_default();
    let ids = trace.ids.ids();
    tracing::info!(
        request_id = trace.request_id,
        track_id = headers::track_id(request.headers()),
        endpoint = endpoint.path,
        application = trace.application.map(tracing::field::display),
        account = ids.account,
        subscription = ids.subscription,
        product = ids.product,
        quantity = ids.quantity,
        company = ids.company,
        organization = ids.organization,
        vendor = app.vendor.name().as_str(),
        status = status.as_u16(),
        code,
        reason,
        vendor_calls = calls,
        duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    let outcome = match outcome {
        Ok(_) => "done",
        Err(error) if error.code() == ErrorCode::OutcomeUnknown => "unknown",
        Err(error) if bss_status(error.code()).is_server_error() => "failed",
        Err(_) => "refused",
    };
    metrics::counter!("Requests", "Endpoint" => endpoint.path, "Outcome" => outcome).increment(1);
    metrics::histogram!("Duration", "Endpoint" => endpoint.path).record(duration.as_secs_f64() * 1000.0);
}
