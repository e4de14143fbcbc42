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
use crate::auth::session;
use crate::bss::{ResultEnvelope, Settings, headers};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ApplicationId;
use crate::endpoints::portal::{self, PortalRequest};
use crate::endpoints::{Access, Endpoint, EndpointResponse};
use crate::http_client::Deadline;
use crate::http_client::OutboundCallLog;
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
    origin: InvocationContext,
) -> Response<Bytes> {
    let started = Instant::now();
    let log = OutboundCallLog::default();
    let budget = origin.remaining_time.map_or(app.deadline, |left| left.min(app.deadline));
    let mut seen = RequestTrace { request_id: &origin.request_id, application: None, log: &log };
    let answered = AssertUnwindSafe(tokio::time::timeout(budget, answer(endpoint, app, request, budget, &mut seen)));
    let outcome = match answered.catch_unwind().await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(ServiceError::new(
            ErrorCode::OutcomeUnknown,
            "The call took too long and may or may not have been carried out. Press Retry in half a minute: what became of it is looked up first.",
        )),
        Err(_) => Err(ServiceError::internal("a panic")),
    };
    let response = render(endpoint, &outcome);
    log_request(endpoint, app, request, &seen, &outcome, response.status(), started.elapsed());
    response
}

/// Facts about a request for its log line. They are available even if the request panics or exceeds its deadline.
struct RequestTrace<'a> {
    request_id: &'a str,
    application: Option<ApplicationId>,
    log: &'a OutboundCallLog,
}

async fn answer(
    endpoint: &Endpoint,
    app: &App,
    request: &Request<Bytes>,
    budget: Duration,
    seen: &mut RequestTrace<'_>,
) -> Result<EndpointResponse, ServiceError> {
    if request.method() != endpoint.method {
        return Err(ServiceError::new(
            ErrorCode::MethodNotAllowed,
            format!("This endpoint accepts {} only. Send the request with that method.", endpoint.method),
        ));
    }
    let visit = AnonymousRequest {
        app,
        request_id: seen.request_id.to_owned(),
        deadline: Deadline::after(budget.saturating_sub(RESPONSE_RESERVE)),
        outbound_calls: seen.log.clone(),
        body: request.body(),
    };
    match endpoint.access {
        Access::Application { run, .. } => {
            let application = app.applications.authorize(request.headers()).await?;
            seen.application = Some(application);
            check_body_size(endpoint, request)?;
            run(&visit.authorized(application, Settings::from(request.headers()))).await
        }
        Access::MspSession(run) => {
            let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
            let (msp, settings) =
                session::authenticate(&app.store, &app.partner_credentials, app.clock.now(), authorization).await?;
            seen.application = Some(msp.as_application_id());
            check_body_size(endpoint, request)?;
            let query = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
            let query = query.into_owned().collect();
            run(&PortalRequest { call: visit.authorized(msp.as_application_id(), settings), msp, query }).await
        }
        Access::Anonymous(run) => {
            check_body_size(endpoint, request)?;
            run(&visit).await
        }
        Access::SignedReport(run) => {
            check_body_size(endpoint, request)?;
            let signed = app.reporters.verify(request.headers(), request.body(), app.clock.now()).await?;
            run(&visit, &signed).await
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
        Ok(answer) => json(StatusCode::OK, answer.body.clone().into()),
        Err(failure) => {
            let mut response = match endpoint.access {
                Access::Application { .. } => render_error(failure),
                Access::MspSession(_) | Access::Anonymous(_) | Access::SignedReport(_) => {
                    let body = serde_json::to_vec(&portal::error_body(failure)).unwrap_or_default();
                    json(portal_status(failure.code()), body.into())
                }
            };
            if failure.code() == ErrorCode::MethodNotAllowed
                && let Ok(method) = HeaderValue::from_str(endpoint.method.as_str())
            {
                response.headers_mut().insert(ALLOW, method);
            }
            response
        }
    }
}

/// Returns the error as the BSS's envelope.
fn render_error(failure: &ServiceError) -> Response<Bytes> {
    let envelope = ResultEnvelope::error(failure.code().number(), failure.message());
    json(bss_status(failure.code()), serde_json::to_vec(&envelope).unwrap_or_default().into())
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
    seen: &RequestTrace<'_>,
    outcome: &Result<EndpointResponse, ServiceError>,
    status: StatusCode,
    took: Duration,
) {
    let (code, reason) = match outcome {
        Ok(answer) => (answer.code, ""),
        Err(failure) => (failure.code().number(), failure.log_message()),
    };
    let calls = seen.log.calls();
    let calls = serde_json::to_string(&calls).unwrap_or_default();
    tracing::info!(
        request_id = seen.request_id,
        track_id = headers::track_id(request.headers()),
        endpoint = endpoint.path,
        application = seen.application.map(tracing::field::display),
        vendor = app.vendor.name().as_str(),
        status = status.as_u16(),
        code,
        reason,
        vendor_calls = calls,
        duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    let outcome = match outcome {
        Ok(_) => "done",
        Err(failure) if failure.code() == ErrorCode::OutcomeUnknown => "unknown",
        Err(failure) if bss_status(failure.code()).is_server_error() => "failed",
        Err(_) => "refused",
    };
    metrics::counter!("Requests", "Endpoint" => endpoint.path, "Outcome" => outcome).increment(1);
    metrics::histogram!("Duration", "Endpoint" => endpoint.path).record(took.as_secs_f64() * 1000.0);
}
