//! What Dropsuite answers, read tolerantly: four shapes of lists, ids as text or number, errors under several names
//! (`reference/dropsuite.md` 4 and G10).

use http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::http_client::{self, Response};
use crate::vendor::VendorError;

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Value>,
    /// Whether there are more.
    pub more: More,
}

/// Whether a list goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// It ends here.
    No,
    /// It goes on.
    Yes,
    /// The page does not say: read on until one is empty or repeats the last.
    Unsaid,
}

/// Reads a success, or says why it is none.
pub fn success(response: &Response) -> Result<Value, VendorError> {
    match response.status {
        status if status.is_success() => {
            if response.body.is_empty() {
                return Ok(Value::Null);
            }
            serde_json::from_slice(&response.body)
                .map_err(|error| VendorError::InvalidResponse { reason: error.to_string() })
        }
        StatusCode::UNAUTHORIZED => Err(VendorError::Unauthorized),
        StatusCode::FORBIDDEN => Err(VendorError::Forbidden { message: words(response) }),
        StatusCode::NOT_FOUND => Err(VendorError::NotFound),
        status => {
            let message = words(response);
            let lower = message.to_lowercase();
            let message = if message.is_empty() { format!("status {}", status.as_u16()) } else { message };
            Err(VendorError::Rejected {
                members: members(&response.body),
                duplicate: ["taken", "already", "exists", "in use"].iter().any(|word| lower.contains(word)),
                message,
            })
        }
    }
}

/// Reads a list of any of the shapes.
pub fn page(value: Value) -> Result<Page, VendorError> {
    match value {
        // `[ { "result_set": […] } ]`
        Value::Array(mut rows)
            if rows.len() == 1 && rows.first().is_some_and(|row| row.get("result_set").is_some()) =>
        {
            page(rows.remove(0))
        }
        Value::Array(rows) => Ok(Page { rows, more: More::Unsaid }),
        Value::Object(mut object) => {
            let rows = object.remove("data").or_else(|| object.remove("result_set"));
            match rows {
                Some(Value::Array(rows)) => Ok(Page { rows, more: more(object.get("pagination")) }),
                _ => Err(VendorError::InvalidResponse { reason: "a list without rows".to_owned() }),
            }
        }
        Value::Null => Ok(Page { rows: Vec::new(), more: More::No }),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(VendorError::InvalidResponse { reason: "no list".to_owned() })
        }
    }
}

fn more(pagination: Option<&Value>) -> More {
    let Some(pagination) = pagination.filter(|value| value.is_object()) else {
        return More::Unsaid;
    };
    let number = |name: &str| pagination.get(name).and_then(Value::as_u64);
    if let (Some(current), Some(total)) = (number("current_page"), number("total_pages")) {
        return if current < total { More::Yes } else { More::No };
    }
    let goes_on = ["next_page", "next_url", "next_link"]
        .iter()
        .any(|name| pagination.get(*name).is_some_and(|next| !next.is_null() && next.as_str() != Some("")));
    if goes_on { More::Yes } else { More::No }
}

/// The vendor's words: `message`, else `error`, else `errors`, else the body itself, cut.
fn words(response: &Response) -> String {
    let text = match serde_json::from_slice::<Value>(&response.body) {
        Ok(body) => ["message", "error", "errors"].iter().find_map(|name| body.get(*name).and_then(said)),
        Err(_) => Some(String::from_utf8_lossy(&response.body).into_owned()),
    };
    http_client::other_system_message(&text.unwrap_or_default())
}

/// What a value of any shape says.
pub fn said(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(values) => Some(values.iter().filter_map(said).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let lines = members.iter().filter_map(|(name, value)| Some(format!("{name} {}", said(value)?)));
            Some(lines.collect::<Vec<_>>().join("; "))
        }
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    }
}

fn members(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let named = ["errors", "error"].iter().find_map(|name| body.get(*name).and_then(Value::as_object));
    named.map(|members| members.keys().cloned().collect()).unwrap_or_default()
}

/// A number or a text, as text.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    })
}

/// A number, or a text that is one; anything else counts as 0.
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(0),
        Value::String(text) => text.trim().parse().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => 0,
    })
}

/// A flag, also as a number or a text; anything else counts as off.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(flag) => flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => ["true", "1"].contains(&text.trim().to_ascii_lowercase().as_str()),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &Value) -> Response {
        let status = StatusCode::from_u16(status).unwrap();
        Response { status, headers: HeaderMap::new(), body: Bytes::from(body.to_string()) }
    }

    #[test]
    fn all_four_shapes_are_lists() {
        let rows = vec![json!({"id": 1})];
        let pagination = json!({"current_page": 1, "total_pages": 2, "total_entries": 101});
        for (shape, more) in [
            (json!([{"id": 1}]), More::Unsaid),
            (json!({"data": [{"id": 1}], "pagination": {"current_page": 1, "per_page": 100}}), More::No),
            (json!({"data": [{"id": 1}], "pagination": {"next_page": 2}}), More::Yes),
            (json!({"result_set": [{"id": 1}], "pagination": pagination}), More::Yes),
            (json!([{"result_set": [{"id": 1}]}]), More::Unsaid),
        ] {
            assert_eq!(page(shape.clone()).unwrap(), Page { rows: rows.clone(), more }, "{shape}");
        }
        assert!(page(json!("OK")).is_err());
        assert!(page(json!({"rows": []})).is_err());
    }

    #[test]
    fn refusals_keep_the_vendors_words() {
        let taken = answer(422, &json!({"errors": {"email": ["has already been taken"]}}));
        let VendorError::Rejected { message, members, duplicate } = success(&taken).unwrap_err() else { panic!() };
        assert_eq!(message, "email has already been taken");
        assert_eq!(members, ["email"]);
        assert!(duplicate);
        assert!(matches!(success(&answer(401, &json!({}))), Err(VendorError::Unauthorized)));
        assert!(matches!(success(&answer(404, &json!({}))), Err(VendorError::NotFound)));
        assert!(matches!(success(&answer(200, &json!("OK"))), Ok(Value::String(_))));
        let body = Bytes::from("x".repeat(1000));
        let plain = Response { status: StatusCode::BAD_REQUEST, headers: HeaderMap::new(), body };
        assert_eq!(words(&plain).len(), http_client::MAX_MESSAGE_LEN);
    }
}
