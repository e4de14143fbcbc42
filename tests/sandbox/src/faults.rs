//! Fault injection: rules that make a sandbox slow, failing or unresponsive.
//!
//! `POST /_sandbox/faults` replaces the rules by a JSON list (`[]` clears them). `GET` returns them with their counts.
//! The first rule that fires decides about a call, in this order: delay; drop the connection before the call is
//! processed; return `status` without processing; process the call; drop the connection; return `status` instead of the
//! response (`act`). Every rule counts every call that it matches, whichever rule fires. Paths below `/_sandbox` are
//! never affected.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A fault rule: a filter on calls, a count, and the fault.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// HTTP method. If absent, any method.
    #[serde(default)]
    pub method: Option<String>,
    /// Glob (`*` matches any number of characters) for the whole path, or for the path below the sandbox's base.
    pub path: String,
    /// A header that the call must have.
    #[serde(default)]
    pub header: Option<HeaderRule>,
    /// Number of matching calls that pass before the rule fires.
    #[serde(default)]
    pub after: u64,
    /// Number of calls to hit after that. `None` for all.
    #[serde(default)]
    pub times: Option<u64>,
    /// Delay before anything else, in milliseconds.
    #[serde(default)]
    pub delay_ms: Option<u64>,
    /// Status returned instead of the sandbox's response.
    #[serde(default)]
    pub status: Option<u16>,
    /// Body returned with `status`. A string is sent unchanged, any other value as JSON.
    #[serde(default)]
    pub body: Option<Value>,
    /// Headers returned with `status`: strings or numbers.
    #[serde(default)]
    pub headers: BTreeMap<String, Value>,
    /// Closes the connection without a response.
    #[serde(default)]
    pub drop: Option<Cut>,
    /// With `status`: processes the call first.
    #[serde(default)]
    pub act: bool,
}

/// A header and a glob over its value.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderRule {
    /// The header's name.
    pub name: String,
    /// Glob over its value.
    pub value: String,
}

/// The time at which the connection is dropped. As a response extension, it instructs the server to drop it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// Before the call is processed.
    Before,
    /// After the call is processed.
    After,
}

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

impl Rule {
    fn matches(&self, base: &str, method: &str, path: &str, headers: &HeaderMap) -> bool {
        let method_fits = self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        let below = path.strip_prefix(base).filter(|below| below.starts_with('/'));
        let path_fits = glob(&self.path, path) || below.is_some_and(|below| glob(&self.path, below));
        let header_fits = self.header.as_ref().is_none_or(|wanted| {
            let mut values = headers.get_all(&wanted.name).iter();
            values.any(|value| value.to_str().is_ok_and(|text| glob(&wanted.value, text)))
        });
        method_fits && path_fits && header_fits
    }

    fn check(&self) -> Result<(), String> {
        if self.delay_ms.is_none() && self.status.is_none() && self.drop.is_none() {
            return Err("needs at least one of delay_ms, status, drop".into());
        }
        match self.status {
            Some(200..=599) => self.answer().map(|_| ()),
            Some(status) => Err(format!("status {status} is not in 200 to 599")),
            None if self.body.is_some() || !self.headers.is_empty() || self.act => {
                Err("body, headers and act go with status".into())
            }
            None => Ok(()),
        }
    }

    fn answer(&self) -> Result<Response, String> {
        let status = self.status.and_then(|status| StatusCode::from_u16(status).ok());
        let mut response = match &self.body {
            None => Body::empty().into_response(),
            Some(Value::String(text)) => text.clone().into_response(),
            Some(json) => Json(json).into_response(),
        };
        *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in &self.headers {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return Err(format!("header {name} must be a string or a number")),
            };
            let name = HeaderName::try_from(name).map_err(|error| format!("header {name}: {error}"))?;
            let value = HeaderValue::try_from(text).map_err(|error| format!("header {name}: {error}"))?;
            response.headers_mut().insert(name, value);
        }
        Ok(response)
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
        (Some(response), Some(_), _) => drop_connection(response, Cut::After),
        (Some(response), None, None) => response,
        (_, _, _) => rule.answer().unwrap_or_else(|error| (StatusCode::INTERNAL_SERVER_ERROR, error).into_response()),
    }
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

/// Returns `true` if `text` matches `pattern`, where `*` stands for any number of characters.
pub fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, mut pattern)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    while let Some((part, rest)) = pattern.split_once('*') {
        let Some((_, after)) = text.split_once(part) else { return false };
        (pattern, text) = (rest, after);
    }
    text.ends_with(pattern)
}

#[cfg(test)]
mod tests {
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
    fn globs() {
        for (pattern, text, fits) in [
            ("/users", "/users", true),
            ("/users", "/users/1", false),
            ("/users*", "/users", true),
            ("*", "", true),
            ("**", "x", true),
            ("/users/*/suspend", "/users/440032-6/suspend", true),
            ("/users/*/suspend", "/users/440032-6/unsuspend", false),
            ("/users/*/suspend", "/users/suspend", false),
            ("*UpdateItem", "DynamoDB_20120810.UpdateItem", true),
            ("*UpdateItem", "DynamoDB_20120810.TransactWriteItems", false),
            ("a*ab", "ab", false),
            ("a*b*b", "ab", false),
            ("a*b*b", "abb", true),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} on {text}");
        }
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
        ] {
            let error = parse(rules.to_string().as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
