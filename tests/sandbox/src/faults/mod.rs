//! Fault injection: rules that make a sandbox slow, failing or unresponsive.
//!
//! `POST /_sandbox/faults` replaces the rules by a JSON list (`[]` clears them). `GET` returns them with their counts.
//! The first rule that fires decides about a call, in this order: delay; drop the connection before the call is
//! processed; return `status` without processing; process the call; drop the connection; return `status` instead of the
//! response (`act`); change the response (`patch`, `without_headers`). A change that does not fit the response answers
//! 500 with the reason, so that no test passes because its rule did nothing. Every rule counts every call that it matches, whichever rule fires. Paths below `/_sandbox` are
//! never affected.

mod rule;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::json;

pub use rule::{Cut, HeaderRule, Rule, glob};

/// A rule with its counts.
#[derive(Clone, Debug, Serialize)]
pub struct Counted {
    /// The rule.
    #[serde(flatten)]
    pub rule: Rule,
    /// Number of calls that matched.
    pub seen: u64,
    /// Number of calls that were hit.
    pub hits: u64,
}

/// The fault rules of one sandbox. Clones share them.
#[derive(Clone, Debug)]
pub struct Faults {
    base: &'static str,
    rules: Arc<Mutex<Vec<Counted>>>,
    held: Arc<AtomicUsize>,
}

impl Faults {
    /// Creates an empty set of rules. `base` is the prefix of the vendor's paths, such as `/api`.
    pub fn new(base: &'static str) -> Self {
        Self { base, rules: Arc::default(), held: Arc::default() }
    }

    /// Replaces the rules.
    pub fn set(&self, rules: Vec<Rule>) {
        *self.lock() = rules.into_iter().map(|rule| Counted { rule, seen: 0, hits: 0 }).collect();
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Returns the rules and their counts.
    pub fn counted(&self) -> Vec<Counted> {
        self.lock().clone()
    }

    /// Returns the number of calls that were hit by a rule and are still in flight.
    pub fn in_flight(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    /// Applies these rules to `router` and adds `/_sandbox/faults`.
    pub fn around(&self, router: Router) -> Router {
        let control = Router::new().route("/_sandbox/faults", get(show).post(replace)).with_state(self.clone());
        router.merge(control).layer(middleware::from_fn_with_state(self.clone(), apply))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Counted>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the call, and returns the rule that fires for it.
    fn firing_rule(&self, method: &str, path: &str, headers: &HeaderMap) -> Option<Rule> {
        if path.starts_with("/_sandbox") {
            return None;
        }
        let mut struck = None;
        for counted in self.lock().iter_mut().filter(|counted| counted.rule.matches(self.base, method, path, headers)) {
            counted.seen += 1;
            let due = counted.seen > counted.rule.after && counted.rule.times.is_none_or(|times| counted.hits < times);
            if due && struck.is_none() {
                counted.hits += 1;
                struck = Some(counted.rule.clone());
                self.held.fetch_add(1, Ordering::SeqCst);
            }
        }
        struck
    }
}

async fn apply(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let Some(rule) = faults.firing_rule(request.method().as_str(), request.uri().path(), request.headers()) else {
        return next.run(request).await;
    };
    let response = fall_under(rule, request, next).await;
    faults.held.fetch_sub(1, Ordering::SeqCst);
    response
}

async fn fall_under(rule: Rule, request: Request, next: Next) -> Response {
    if let Some(delay) = rule.delay_ms {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    if rule.drop == Some(Cut::Before) {
        return drop_connection(StatusCode::INTERNAL_SERVER_ERROR.into_response(), Cut::Before);
    }
    let worked = if rule.status.is_none() || rule.act { Some(next.run(request).await) } else { None };
    match (worked, rule.drop, rule.status) {
        (Some(response), Some(_), _) => Ok(drop_connection(response, Cut::After)),
        (Some(response), None, None) => rule.alter(response).await,
        (_, _, _) => rule.answer(),
    }
    .unwrap_or_else(|error| (StatusCode::INTERNAL_SERVER_ERROR, error).into_response())
}

fn drop_connection(mut response: Response, when: Cut) -> Response {
    response.extensions_mut().insert(when);
    response
}

async fn show(State(faults): State<Faults>) -> Json<Vec<Counted>> {
    Json(faults.counted())
}

async fn replace(State(faults): State<Faults>, body: Bytes) -> Response {
    match parse(&body) {
        Ok(rules) => {
            faults.set(rules);
            Json(faults.counted()).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response(),
    }
}

fn parse(body: &[u8]) -> Result<Vec<Rule>, String> {
    let rules: Vec<Rule> =
        serde_json::from_slice(body).map_err(|error| format!("not a JSON list of fault rules: {error}"))?;
    for (index, rule) in rules.iter().enumerate() {
        rule.check().map_err(|error| format!("rule {index}: {error}"))?;
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use http::{HeaderName, HeaderValue};
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;

    fn faults(rules: &Value) -> Faults {
        let faults = Faults::new("/api");
        faults.set(parse(rules.to_string().as_bytes()).unwrap());
        faults
    }

    fn statuses(faults: &Faults, calls: usize) -> Vec<Option<u16>> {
        let call = || faults.firing_rule("POST", "/api/users", &HeaderMap::new()).and_then(|rule| rule.status);
        std::iter::repeat_with(call).take(calls).collect()
    }

    #[test]
    fn path_is_whole_or_below_the_base_and_never_the_controls() {
        for (pattern, path, fits) in [
            ("/api/users*", "/api/users/1", true),
            ("/users*", "/api/users/1", true),
            ("/users", "/apiusers", false),
            ("*", "/_sandbox/state", false),
        ] {
            let faults = faults(&json!([{ "path": pattern, "status": 503 }]));
            assert_eq!(faults.firing_rule("GET", path, &HeaderMap::new()).is_some(), fits, "{pattern} on {path}");
        }
    }

    #[test]
    fn method_and_header_narrow_the_rule() {
        let faults = faults(&json!([{
            "method": "post", "path": "/", "header": { "name": "X-Amz-Target", "value": "*UpdateItem" }, "status": 400
        }]));
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static("x-amz-target"),
            HeaderValue::from_static("DynamoDB_20120810.UpdateItem"),
        )]);
        assert!(faults.firing_rule("POST", "/", &HeaderMap::new()).is_none());
        assert!(faults.firing_rule("GET", "/", &headers).is_none());
        assert!(faults.firing_rule("POST", "/", &headers).is_some());
    }

    #[test]
    fn after_and_times_choose_the_calls() {
        let faults = faults(&json!([{ "path": "/users", "after": 1, "times": 2, "status": 503 }]));
        assert_eq!(statuses(&faults, 4), [None, Some(503), Some(503), None]);
        let counted = faults.counted();
        assert_eq!((counted[0].seen, counted[0].hits), (4, 2));
    }

    #[test]
    fn the_first_due_rule_fires_and_all_matching_rules_count() {
        let faults = faults(&json!([
            { "path": "/users", "times": 1, "status": 500 },
            { "path": "/users", "after": 1, "times": 1, "status": 502 },
            { "path": "/users", "times": null, "status": 504 }
        ]));
        assert_eq!(statuses(&faults, 4), [Some(500), Some(502), Some(504), Some(504)]);
    }

    #[test]
    fn malformed_rules_are_rejected_with_a_message() {
        for (rules, reason) in [
            (json!({ "path": "*" }), "not a JSON list"),
            (json!([{ "path": "*", "statuss": 500 }]), "unknown field `statuss`"),
            (json!([{ "status": 500 }]), "missing field `path`"),
            (json!([{ "path": "*" }]), "at least one of delay_ms, status, drop"),
            (json!([{ "path": "*", "drop": "now" }]), "unknown variant `now`"),
            (json!([{ "path": "*", "status": 99 }]), "not in 200 to 599"),
            (json!([{ "path": "*", "delay_ms": 1, "act": true }]), "go with status"),
            (json!([{ "path": "*", "status": 429, "headers": { "Retry-After": [1] } }]), "string or a number"),
            (json!([{ "path": "*", "patch": [], "without_headers": [] }]), "at least one of"),
            (json!([{ "path": "*", "patch": [{ "op": "cut", "path": "/0" }] }]), "unknown variant `cut`"),
            (json!([{ "path": "*", "status": 200, "without_headers": ["link"] }]), "do not go with status or drop"),
            (json!([{ "path": "*", "drop": "after", "without_headers": ["link"] }]), "do not go with status or drop"),
            (json!([{ "path": "*", "without_headers": ["a b"] }]), "without_headers a b"),
        ] {
            let error = parse(rules.to_string().as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    /// Returns status, `Link`, `Content-Length` and body of a page of two rows that `rule` falls on.
    async fn page(rule: Value) -> (StatusCode, Option<HeaderValue>, Option<HeaderValue>, String) {
        let page = || async { ([("link", "</users?page=2>; rel=\"next\"")], Json(json!([{"id": 1}, {"id": 2}]))) };
        let router = faults(&json!([rule])).around(Router::new().route("/api/users", get(page)));
        let request = Request::builder().uri("/api/users").body(Body::empty()).unwrap();
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1000).await.unwrap();
        let header = |name| parts.headers.get(name).cloned();
        (parts.status, header("link"), header("content-length"), String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_patch_changes_the_body_and_its_length() {
        let patch = json!([{ "op": "remove", "path": "/0" }, { "op": "replace", "path": "/0/id", "value": "2.0" }]);
        let (status, link, length, body) = page(json!({ "path": "/users", "patch": patch })).await;
        assert_eq!((status, link.is_some(), body.as_str()), (StatusCode::OK, true, r#"[{"id":"2.0"}]"#));
        assert_eq!(length, Some(HeaderValue::from(body.len())));
    }

    #[tokio::test]
    async fn a_whole_body_can_be_replaced() {
        let patch = json!([{ "op": "replace", "path": "", "value": [] }]);
        assert_eq!(page(json!({ "path": "/users", "patch": patch })).await.3, "[]");
    }

    #[tokio::test]
    async fn named_headers_are_removed_and_the_body_stays() {
        let (status, link, _, body) = page(json!({ "path": "/users", "without_headers": ["Link"] })).await;
        assert_eq!((status, link, body.as_str()), (StatusCode::OK, None, r#"[{"id":1},{"id":2}]"#));
    }

    #[tokio::test]
    async fn a_patch_that_does_not_fit_answers_500_with_the_reason() {
        let patch = json!([{ "op": "remove", "path": "/0" }, { "op": "remove", "path": "/7" }]);
        let (status, _, _, body) = page(json!({ "path": "/users", "patch": patch })).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body.starts_with("patch: operation '/1' failed at path '/7'"), "{body}");
    }
}
