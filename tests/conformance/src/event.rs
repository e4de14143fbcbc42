//! API Gateway's HTTP API events, payload version 2.0: one file for each of the BSS's functions in `tests/events`, in
//! the shape of the AWS documentation, and the HTTP requests that they stand for. The portal's are made in the same shape.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use service_manager::endpoints::{self, Endpoint};

use crate::template::text;
use crate::{Error, root};

/// The order in which a customer is taken from the settings page to its end, through all endpoints of the BSS.
const STORY: [&str; 15] = [
    "fields/get",
    "fields/validate",
    "service/definitions",
    "accounts/syncoptions",
    "accounts/exists",
    "accounts/synchronize",
    "subscriptions/create",
    "subscriptions/update",
    "subscriptions/suspend",
    "subscriptions/activate",
    "addons/create",
    "addons/update",
    "addons/cancel",
    "subscriptions/cancel",
    "accounts/delete",
];

/// Every endpoint of the BSS, in the story's order.
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

/// The event of `endpoint`'s file.
pub fn of(endpoint: &Endpoint) -> Result<Value, Error> {
    let file = root().join("tests/events").join(endpoint.name()).with_extension("json");
    let event = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(serde_json::from_slice(&event)?)
}

/// A request as a client sends it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path, from the root.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// Headers, in any letter case, any number of times.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

impl Request {
    /// The request that became `event`.
    pub fn from_event(event: &Value) -> Self {
        let headers = event.get("headers").and_then(Value::as_object).into_iter().flatten();
        let header = |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap_or_default().to_owned());
        Self {
            method: text(event, "/requestContext/http/method").to_owned(),
            path: text(event, "/rawPath").to_owned(),
            query: text(event, "/rawQueryString").to_owned(),
            // Those that speak of the connection and of the length are the client's own.
            headers: headers
                .map(header)
                .filter(|(name, _)| !["host", "content-length", "accept-encoding"].contains(&name.as_str()))
                .collect(),
            body: event.get("body").and_then(Value::as_str).map(|body| body.as_bytes().to_vec()),
        }
    }

    /// The event that API Gateway makes of it, by the example of `event`: header names in lower case, repeated headers
    /// joined by commas, a body that is not UTF-8 as base64.
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

/// `event` with its body as base64.
pub fn encoded(mut event: Value) -> Value {
    if let Some(body) = event.get("body").and_then(Value::as_str).map(|body| STANDARD.encode(body)) {
        merge(&mut event, json!({ "body": body, "isBase64Encoded": true }));
    }
    event
}

/// Puts the members of `changes` into `value`; of objects member by member, except for the headers, which are replaced.
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
