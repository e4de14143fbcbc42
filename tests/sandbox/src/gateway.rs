//! Stand-in for API Gateway. It routes a path to its endpoint, which runs in this process with the same code as in the
//! function. It also serves the description of the endpoints, which a deployed stack does not.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use service_manager::app::App;
use service_manager::domain::reference::Reference;
use service_manager::endpoints::{self, Endpoint};
use service_manager::runtime::http_api::{self, InvocationContext};
use uuid::Uuid;

/// Maximum body of API Gateway, in bytes. A larger body is discarded here, and the endpoint rejects the request as too
/// large.
const MAX_PAYLOAD: usize = 10 * 1024 * 1024;

/// The description of the endpoints, which `tests/conformance` makes and checks.
const OPENAPI: &str = include_str!("../../conformance/openapi.json");

/// Serves all endpoints of `app`, and their description at `/openapi.json`.
pub fn router(app: Arc<App>) -> Router {
    let description = || async { ([(CONTENT_TYPE, "application/json")], OPENAPI) };
    Router::new().route("/openapi.json", get(description)).fallback(route).with_state(app)
}

async fn route(State(app): State<Arc<App>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    parts.headers = joined(&parts.headers);
    let path = parts.uri.path().trim_end_matches('/');
    let endpoint = endpoints::all_served().find(|endpoint| is_route(endpoint, &parts.method, path));
    let response = if let Some(endpoint) = endpoint {
        // A body that cannot be read completely is too large, or its sender has disconnected.
        let body = to_bytes(body, MAX_PAYLOAD).await.unwrap_or_else(|_| Bytes::from(vec![0; http_api::MAX_BODY + 1]));
        let caller = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let origin = InvocationContext {
            request_id: Uuid::new_v4().to_string(),
            remaining_time: None,
            source: caller.map(|ConnectInfo(address)| address.ip()),
            host: None,
        };
        http_api::serve(endpoint, &app, &http::Request::from_parts(parts, body).into(), origin).await
    } else {
        let reference = Reference::of(&Uuid::new_v4().to_string());
        tracing::info!(%reference, "no endpoint has the path");
        http_api::not_found(path, &reference)
    };
    response.map(Body::from)
}

/// Returns `true` if `path` is one of the endpoint's routes. `{asset}` is any last part, for the endpoint's method only.
fn is_route(endpoint: &Endpoint, method: &Method, path: &str) -> bool {
    let is_asset = |route: &String| {
        let above = route.strip_suffix("{asset}").and_then(|above| path.strip_prefix(above));
        above.is_some_and(|asset| !asset.contains('/'))
    };
    endpoint.routes().iter().any(|route| route == path || endpoint.method == *method && is_asset(route))
}

/// Joins the values of repeated headers by commas, as an HTTP API does.
fn joined(headers: &HeaderMap) -> HeaderMap {
    let join = |name: &HeaderName| {
        let values: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        HeaderValue::from_bytes(&values.join(b",".as_slice())).ok().map(|value| (name.clone(), value))
    };
    headers.keys().filter_map(join).collect()
}
