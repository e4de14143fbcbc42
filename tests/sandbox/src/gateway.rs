//! What stands in for API Gateway: a path leads to its endpoint, run in this process by the same code as in the function.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use service_manager::app::App;
use service_manager::endpoints;
use service_manager::runtime::http_api::{self, InvocationContext};
use uuid::Uuid;

/// The most that API Gateway takes, in bytes; more is cut off here, and refused by the endpoint.
const MAX_PAYLOAD: usize = 10 * 1024 * 1024;

/// Serves every endpoint of `app`.
pub fn router(app: Arc<App>) -> Router {
    Router::new().fallback(route).with_state(app)
}

async fn route(State(app): State<Arc<App>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    parts.headers = joined(&parts.headers);
    let path = parts.uri.path().trim_end_matches('/');
    let endpoint = endpoints::all_endpoints().find(|endpoint| endpoint.url() == path);
    let response = match endpoint {
        Some(endpoint) => {
            // A body that can't be read whole is too large, or its sender is gone and does not hear the answer.
            let body =
                to_bytes(body, MAX_PAYLOAD).await.unwrap_or_else(|_| Bytes::from(vec![0; http_api::MAX_BODY + 1]));
            let origin = InvocationContext { request_id: Uuid::new_v4().to_string(), remaining_time: None };
            http_api::serve(endpoint, &app, &http::Request::from_parts(parts, body), origin).await
        }
        None => http_api::not_found(),
    };
    response.map(Body::from)
}

/// What an HTTP API makes of headers that are sent more than once: one, with their values joined by commas.
fn joined(headers: &HeaderMap) -> HeaderMap {
    let join = |name: &HeaderName| {
        let values: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        HeaderValue::from_bytes(&values.join(b",".as_slice())).ok().map(|value| (name.clone(), value))
    };
    headers.keys().filter_map(join).collect()
}
