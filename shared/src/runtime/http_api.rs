//! The steps that every HTTP request passes: method, authentication, body size, deadline, panics, the error response, the log
//! line and the metrics.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::FutureExt;
use http::header::{ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};

use crate::app::App;
use crate::app::request::{AnonymousRequest, PageRequest};
use crate::app::request_ids::RequestIdLog;
use crate::auth::{session, session_carrier, usage_key};
use crate::bss::{ResultEnvelope, Settings, headers};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::reference::Reference;
use crate::endpoints::actions as reports;
use crate::endpoints::portal::usage::UsageRequest;
use crate::endpoints::portal::{self, PortalRequest, Query};
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
    /// The caller's address, as the gateway saw it. `None` if the event has none.
    pub source: Option<IpAddr>,
    /// The host that the gateway was called at. `None` if the event has none.
    pub host: Option<String>,
}

/// A request, before anything of it is trusted.
#[derive(Clone, Debug)]
pub struct ApiRequest {
    /// The HTTP method, in upper case. It may be none that exists.
    pub method: String,
    /// The path, below any stage or base path.
    pub path: String,
    /// The query, without the question mark. It need not be encoded.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; `None` if it could not be decoded.
    pub body: Option<Bytes>,
}

impl From<Request<Bytes>> for ApiRequest {
    fn from(request: Request<Bytes>) -> Self {
        let (parts, body) = request.into_parts();
        Self {
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body: Some(body),
        }
    }
}

/// Answers `request`. Every error, and every panic of the endpoint, becomes an error response.
pub async fn serve(
    endpoint: &Endpoint,
    app: &App,
    request: &ApiRequest,
    invocation: InvocationContext,
) -> Response<Bytes> {
    let started = Instant::now();
    let budget = invocation.remaining_time.map_or(app.deadline, |remaining| remaining.min(app.deadline));
    let mut trace = RequestTrace {
        reference: Reference::of(&invocation.request_id),
        request_id: invocation.request_id,
        source: invocation.source,
        host: invocation.host,
        is_authorized: false,
        outbound_calls: OutboundCallLog::default(),
        ids: RequestIdLog::default(),
    };
    let handled = AssertUnwindSafe(tokio::time::timeout(budget, handle(endpoint, app, request, budget, &mut trace)));
    let outcome = match handled.catch_unwind().await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(timeout_error(endpoint)),
        Err(_) => Err(panic_error(endpoint, &trace)),
    };
    let response = render(endpoint, &outcome, &trace.reference);
    log_request(endpoint, app, request, &trace, &outcome, response.status(), started.elapsed());
    response
}

/// Facts about a request for its log line. They are available even if the request panics or exceeds its deadline.
struct RequestTrace {
    request_id: String,
    /// Reference of the error, if there is one.
    reference: Reference,
    source: Option<IpAddr>,
    host: Option<String>,
    /// `true` once the caller is known. A caller that needs no authorization is never known.
    is_authorized: bool,
    outbound_calls: OutboundCallLog,
    ids: RequestIdLog,
}

/// Returns the error of a request that exceeded its deadline, for the person who sees it.
fn timeout_error(endpoint: &Endpoint) -> ServiceError {
    interrupted_error(endpoint, "The request exceeded its time limit")
}

/// Returns the error of a request that panicked. It is not a server error: a caller whose input makes one would else take
/// back a deployment that serves all others. Of a caller that is not known, nothing was processed.
fn panic_error(endpoint: &Endpoint, trace: &RequestTrace) -> ServiceError {
    tracing::error!(request_id = trace.request_id, endpoint = endpoint.path, "request panicked");
    let error = if trace.is_authorized {
        interrupted_error(endpoint, "The service manager could not process the request")
    } else {
        ServiceError::new(
            ErrorCode::BadRequest,
            "The request could not be read, and nothing was changed. Correct it, or report it to the service manager's operator.",
        )
    };
    error.with_internal("a panic")
}

/// Returns the error of an interrupted request, which may have changed something.
fn interrupted_error(endpoint: &Endpoint, cause: &str) -> ServiceError {
    let action = match endpoint.access {
        Access::Application { .. } => "Press Retry",
        Access::MspSession(..)
        | Access::UsageKey(_)
        | Access::Anonymous(_)
        | Access::SignedReport(_)
        | Access::Page(_) => "Repeat it",
    };
    ServiceError::new(
        ErrorCode::OutcomeUnknown,
        format!(
            "{cause}, and its outcome is unknown. {action} in 30 seconds: the outcome is looked up before anything is changed again."
        ),
    )
}

async fn handle(
    endpoint: &Endpoint,
    app: &App,
    request: &ApiRequest,
    budget: Duration,
    trace: &mut RequestTrace,
) -> Result<EndpointResponse, ServiceError> {
    if request.method != endpoint.method.as_str() {
        return Err(ServiceError::new(
            ErrorCode::MethodNotAllowed,
            format!("This endpoint accepts {} only. Send the request with that method.", endpoint.method),
        ));
    }
    let anonymous = AnonymousRequest {
        app,
        request_id: trace.request_id.clone(),
        endpoint: endpoint.path,
        source: trace.source,
        host: trace.host.clone(),
        sign_in_secret: session_carrier::sign_in_secret(&request.headers),
        is_own_page: session_carrier::is_same_origin(&request.headers),
        deadline: Deadline::after(budget.saturating_sub(RESPONSE_RESERVE)),
        outbound_calls: trace.outbound_calls.clone(),
        ids: trace.ids.clone(),
        body: json_text(request),
    };
    match endpoint.access {
        Access::Application { run, .. } => {
            let application = app.applications.authorize(&request.headers).await?;
            trace.is_authorized = true;
            trace.ids.record(|ids| {
                (ids.application, ids.key_number) = (Some(application.id), Some(application.key_number));
            });
            check_body(endpoint, request)?;
            let call = anonymous.authorized(application.id, Settings::from(&request.headers));
            trace.ids.record_partner(&app.vendor, &call.vendor_context());
            run(&call).await
        }
        Access::MspSession(least, run) => {
            let token = session_carrier::token(&endpoint.method, &request.headers)?;
            let (session, settings) =
                session::authenticate(&app.store, &app.partner_credentials, app.clock.now(), &token).await?;
            let msp = session.msp;
            trace.is_authorized = true;
            trace.ids.record(|ids| ids.application = Some(msp.as_application_id()));
            session.require(least)?;
            check_body(endpoint, request)?;
            let query = Query::parse(&request.query);
            let call = anonymous.authorized(msp.as_application_id(), settings);
            trace.ids.record_partner(&app.vendor, &call.vendor_context());
            trace.ids.record_msp(msp);
            let host = trace.host.clone();
            run(&PortalRequest { call, msp, session, host, query }).await
        }
        Access::UsageKey(run) => {
            let (msp, settings) =
                usage_key::authenticate(&app.store, &app.partner_credentials, &request.headers).await?;
            trace.is_authorized = true;
            trace.ids.record(|ids| ids.application = Some(msp.as_application_id()));
            let query = Query::parse(&request.query);
            let call = anonymous.authorized(msp.as_application_id(), settings);
            trace.ids.record_partner(&app.vendor, &call.vendor_context());
            trace.ids.record_msp(msp);
            run(&UsageRequest { call, msp, query }).await
        }
        Access::Anonymous(run) => {
            check_body(endpoint, request)?;
            run(&anonymous).await
        }
        Access::SignedReport(run) => {
            check_body(endpoint, request)?;
            let signed = request.body.as_deref().unwrap_or_default();
            let verified = app.reporters.verify(&request.headers, signed, app.clock.now()).await?;
            trace.is_authorized = true;
            trace.ids.record(|ids| {
                (ids.reporter, ids.key_number) = (Some(verified.reporter), Some(verified.key_number));
            });
            run(&anonymous, &verified).await
        }
        Access::Page(run) => {
            let accepted = request.headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
            run(&PageRequest {
                path: &request.path,
                accepts_gzip: accepted.is_some_and(|accepted| accepted.contains("gzip")),
            })
        }
    }
}

/// Checks that the body could be decoded and has at most [`MAX_BODY`] bytes.
fn check_body(endpoint: &Endpoint, request: &ApiRequest) -> Result<(), ServiceError> {
    match &request.body {
        _ if endpoint.method != Method::POST => Ok(()),
        None => Err(ServiceError::new(
            ErrorCode::BadRequest,
            "The body is not valid base64, although the gateway says so. Send JSON in UTF-8.",
        )),
        Some(body) if body.len() > MAX_BODY => Err(ServiceError::new(
            ErrorCode::TooLarge,
            format!("The body is larger than {MAX_BODY} bytes. Send a smaller one."),
        )),
        Some(_) => Ok(()),
    }
}

/// Returns the body without the byte order mark that some clients put before UTF-8.
fn json_text(request: &ApiRequest) -> &[u8] {
    let body = request.body.as_deref().unwrap_or_default();
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

/// Returns the response to a path that no endpoint has, in the form of the API that the path belongs to. The caller logs the
/// reference.
pub fn not_found(path: &str, reference: &Reference) -> Response<Bytes> {
    let is_below = |base: &str| path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_below(portal::BASE_PATH) || is_below(reports::BASE_PATH) {
        return render_portal_error(
            &ServiceError::new(
                ErrorCode::NotFound,
                "No endpoint has this path. Compare the URL with the API's description, openapi.json.",
            ),
            reference,
        );
    }
    render_error(
        &ServiceError::new(
            ErrorCode::NotFound,
            "No endpoint has this path. Compare the URL with the registration table.",
        ),
        reference,
    )
}

fn render(
    endpoint: &Endpoint,
    outcome: &Result<EndpointResponse, ServiceError>,
    reference: &Reference,
) -> Response<Bytes> {
    match outcome {
        Ok(response) => {
            let mut rendered = json(StatusCode::OK, response.body.clone().into());
            rendered.headers_mut().extend(response.headers.clone());
            rendered
        }
        Err(error) => {
            let mut response = match endpoint.access {
                Access::Application { .. } => render_error(error, reference),
                Access::MspSession(..)
                | Access::UsageKey(_)
                | Access::Anonymous(_)
                | Access::SignedReport(_)
                | Access::Page(_) => render_portal_error(error, reference),
            };
            if error.code() == ErrorCode::MethodNotAllowed
                && let Ok(method) = HeaderValue::from_str(endpoint.method.as_str())
            {
                response.headers_mut().insert(ALLOW, method);
            }
            if let Some(seconds) = error.retry_after() {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
    }
}

/// Returns the error as the BSS's envelope.
fn render_error(error: &ServiceError, reference: &Reference) -> Response<Bytes> {
    let envelope = ResultEnvelope::error(error.code().number(), reference.after(error.message()));
    json(bss_status(error.code()), serde_json::to_vec(&envelope).unwrap_or_default().into())
}

/// Returns the error in the portal's form, which reports share.
fn render_portal_error(error: &ServiceError, reference: &Reference) -> Response<Bytes> {
    let body = serde_json::to_vec(&portal::error_body(error, reference)).unwrap_or_default();
    json(portal_status(error.code()), body.into())
}

fn json(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let mut insert = |name, value| response.headers_mut().insert(name, HeaderValue::from_static(value));
    insert(CONTENT_TYPE, "application/json");
    insert(CACHE_CONTROL, "no-store");
    insert(X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

/// Writes the log line of a request and its metrics (`docs/reference/metrics-and-logs.md`).
fn log_request(
    endpoint: &Endpoint,
    app: &App,
    request: &ApiRequest,
    trace: &RequestTrace,
    outcome: &Result<EndpointResponse, ServiceError>,
    status: StatusCode,
    duration: Duration,
) {
    let (code, reason) = match outcome {
        Ok(response) => (response.code, ""),
        Err(error) => (error.code().number(), error.log_message()),
    };
    let ids = trace.ids.ids();
    // The codes 0 and 1 come without a message.
    let reference = (!(0..=1).contains(&code)).then_some(&trace.reference);
    tracing::info!(
        request_id = trace.request_id,
        track_id = headers::track_id(&request.headers),
        endpoint = endpoint.path,
        application = ids.application.map(tracing::field::display),
        msp = ids.msp.map(tracing::field::display),
        partner = ids.partner.map(tracing::field::display),
        reporter = ids.reporter.map(tracing::field::display),
        key_number = ids.key_number,
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
        reference = reference.map(tracing::field::display),
        vendor_calls = trace.outbound_calls.to_json(),
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
