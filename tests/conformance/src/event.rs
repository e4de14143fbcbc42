//! Events of API Gateway's HTTP API, payload version 2.0, and the HTTP requests that they stand for. `tests/events` has
//! one file for each of the BSS's functions, in the format of the AWS documentation. The portal's events are generated
//! in the same format.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use service_manager::endpoints::{self, Endpoint};

use crate::template::text;
use crate::{Error, root};

/// The endpoints of the BSS in the order of a customer's lifecycle, from the settings page to the deletion.
const STORY: [&str; 17] = [
    "fields/get",
    "fields/validate",
    "fields/additionalinfo",
    "service/definitions",
    "accounts/syncoptions",
    "accounts/exists",
    "accounts/synchronize",
    "subscriptions/create",
    "subscriptions/update",
    "subscriptions/upgradetopaid",
    "subscriptions/suspend",
    "subscriptions/activate",
    "addons/create",
    "addons/update",
    "addons/cancel",
    "subscriptions/cancel",
    "accounts/delete",
];

/// Returns all endpoints of the BSS, in the order of the story.
///
/// # Errors
/// An endpoint is not in the story.
pub fn story() -> Result<Vec<&'static Endpoint>, Error> {
    let position = |endpoint: &Endpoint| STORY.iter().position(|path| *path == endpoint.path);
    let mut story = endpoints::BSS_ENDPOINTS.to_vec();
    story.sort_by_key(|endpoint| position(endpoint));
    match story.iter().find(|endpoint| position(endpoint).is_none()) {
        Some(missing) => Err(format!("{} is not in the story", missing.path).into()),
        None => Ok(story),
    }
}

/// Reads the event file of `endpoint`.
pub fn of(endpoint: &Endpoint) -> Result<Value, Error> {
    let file = root().join("tests/events").join(endpoint.name()).with_extension("json");
    let event = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(serde_json::from_slice(&event)?)
}

/// A request as a client sends it.
#[derive(Clone, Debug)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Path, from the root.
    pub path: String,
    /// Query, without the question mark.
    pub query: String,
    /// Headers, in any letter case, possibly repeated.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

impl Request {
    /// Returns the request that `event` stands for.
    pub fn from_event(event: &Value) -> Self {
        let headers = event.get("headers").and_then(Value::as_object).into_iter().flatten();
        let header = |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap_or_default().to_owned());
        Self {
            method: text(event, "/requestContext/http/method").to_owned(),
            path: text(event, "/rawPath").to_owned(),
            query: text(event, "/rawQueryString").to_owned(),
            // Without the headers of the connection and the length, which the client sets.
            headers: headers
                .map(header)
                .filter(|(name, _)| !["host", "content-length", "accept-encoding"].contains(&name.as_str()))
                .collect(),
            body: event.get("body").and_then(Value::as_str).map(|body| body.as_bytes().to_vec()),
        }
    }

    /// Returns the event that API Gateway makes of the request, with the other members of `event`: header names in
    /// lower case, repeated headers joined by commas, a body that is not UTF-8 as base64.
    pub fn to_event(&self, event: &Value) -> Value {
        let mut headers: Map<String, Value> = Map::new();
        for (name, value) in &self.headers {
            let name = name.to_lowercase();
            let value = match headers.get(&name).and_then(Value::as_str) {
                Some(before) => format!("{before},{value}"),
                None => value.clone(),
            };
            headers.insert(name, Value::String(value));
        }
        let mut event = event.clone();
        let (body, is_base64) = match self.body.as_deref().map(|body| (std::str::from_utf8(body), body)) {
            None => (Value::Null, false),
            Some((Ok(text), _)) => (json!(text), false),
            Some((Err(_), bytes)) => (json!(STANDARD.encode(bytes)), true),
        };
        let changes = json!({
            "rawPath": self.path,
            "rawQueryString": self.query,
            "headers": headers,
            "body": body,
            "isBase64Encoded": is_base64,
            "requestContext": {"http": {"method": self.method, "path": self.path}},
        });
        merge(&mut event, changes);
        if self.body.is_none()
            && let Some(event) = event.as_object_mut()
        {
            event.remove("body");
        }
        event
    }
}

/// Returns `event` with its body as base64.
pub fn encoded(mut event: Value) -> Value {
    if let Some(body) = event.get("body").and_then(Value::as_str).map(|body| STANDARD.encode(body)) {
        merge(&mut event, json!({ "body": body, "isBase64Encoded": true }));
    }
    event
}

/// Merges `changes` into `value`: objects member by member, except `headers`, which are replaced.
pub fn merge(value: &mut Value, changes: Value) {
    match (value, changes) {
        (Value::Object(members), Value::Object(changes)) => {
            for (name, change) in changes {
                let before = members.entry(name.clone()).or_insert(Value::Null);
                if name == "headers" { *before = change } else { merge(before, change) }
            }
        }
        (value, change) => *value = change,
    }
}

/// Returns the content of a response: its JSON, or its text if it has another type.
pub fn content(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()))
}
