//! A recorder between the client and the sandbox, which checks every request.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use sandbox::connectwise::openapi::Document;
use serde_json::Value;
use url::form_urlencoded;

use super::CLIENT_ID;

#[derive(Clone, Default)]
pub struct RecordingProxy(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    requests: BTreeSet<String>,
    bodies: Vec<(String, Value)>,
    faults: Vec<String>,
}

impl RecordingProxy {
    pub fn before(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), proxy))
    }

    /// Returns the methods and paths of all requests, without ids.
    pub fn requests(&self) -> Vec<String> {
        self.0.lock().unwrap().requests.iter().cloned().collect()
    }

    /// Returns the last body of this request.
    pub fn body(&self, request: &str) -> Value {
        let seen = self.0.lock().unwrap();
        seen.bodies.iter().rev().find(|(name, _)| name == request).unwrap().1.clone()
    }

    pub fn assert_conformant(&self) {
        let seen = self.0.lock().unwrap();
        assert!(seen.faults.is_empty(), "{:#?}", seen.faults);
    }

    fn see(&self, request: &Request, body: &[u8]) {
        let Some((_, path)) = request.uri().path().split_once("apis/3.0") else { return };
        let parts = path.split('/').map(|part| if part.parse::<u32>().is_ok() { "*" } else { part });
        let name = format!("{} {}", request.method(), parts.collect::<Vec<_>>().join("/"));
        let query = request.uri().query().unwrap_or_default();
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let body = (!body.is_empty()).then(|| serde_json::from_slice::<Value>(body).unwrap());
        let mut faults = faults_of_headers(request.headers(), body.is_some());
        if query.contains(['\'', '*', '+', '"', ' ']) {
            faults.push(format!("{query} is not encoded"));
        }
        faults.extend(Document::load().faults_of_request(request.method(), path, &pairs, body.as_ref()));
        let mut seen = self.0.lock().unwrap();
        seen.faults.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
        seen.bodies.extend(body.map(|body| (name.clone(), body)));
        seen.requests.insert(name);
    }
}

fn faults_of_headers(headers: &HeaderMap, has_body: bool) -> Vec<String> {
    let model = "application/vnd.connectwise.com+json; version=2025.16";
    let is = |name: &str, expected: &str| headers.get(name).is_some_and(|value| value == expected);
    [
        (is(ACCEPT.as_str(), model), "the models' version is not pinned"),
        (is("clientId", CLIENT_ID), "the client id is missing"),
        (headers.contains_key(AUTHORIZATION), "the keys are missing"),
        (!has_body || is(CONTENT_TYPE.as_str(), "application/json"), "the content type is not JSON"),
    ]
    .into_iter()
    .filter(|(fits, _)| !fits)
    .map(|(_, fault)| fault.to_owned())
    .collect()
}

async fn proxy(State(proxy): State<RecordingProxy>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let request = Request::from_parts(head, Body::from(body.clone()));
    proxy.see(&request, &body);
    next.run(request).await
}
