//! Lenient decoding of Dropsuite's responses: four shapes of lists, ids as text or number, errors under several names
//! (`docs/vendors/dropsuite.md` 4 and G10).

use http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::http_client::{self, Response};
use crate::vendor::VendorError;

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Rows of the page.
    pub rows: Vec<Value>,
    /// Presence of further pages.
    pub more: More,
}

/// Presence of further pages of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// This is the last page.
    No,
    /// There is a further page.
    Yes,
    /// The page does not tell. Read on until a page is empty or repeats the one before.
    Unknown,
}

/// Returns the body of a successful response.
///
/// # Errors
/// The error that the status and the body stand for.
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
        StatusCode::FORBIDDEN => Err(VendorError::Forbidden { message: vendor_message(response) }),
        StatusCode::NOT_FOUND => Err(VendorError::NotFound),
        status => {
            let message = vendor_message(response);
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

/// Decodes a list of any of the four shapes.
pub fn page(value: Value) -> Result<Page, VendorError> {
    match value {
        // `[ { "result_set": […] } ]`
        Value::Array(mut rows)
            if rows.len() == 1 && rows.first().is_some_and(|row| row.get("result_set").is_some()) =>
        {
            page(rows.remove(0))
        }
        Value::Array(rows) => Ok(Page { rows, more: More::Unknown }),
        Value::Object(mut object) => {
            let rows = object.remove("data").or_else(|| object.remove("result_set"));
            match rows {
                Some(Value::Array(rows)) => Ok(Page { rows, more: more(object.get("pagination")) }),
                _ => Err(VendorError::InvalidResponse { reason: "the list has no rows".to_owned() }),
            }
        }
        Value::Null => Ok(Page { rows: Vec::new(), more: More::No }),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(VendorError::InvalidResponse { reason: "the response is not a list".to_owned() })
        }
    }
}

fn more(pagination: Option<&Value>) -> More {
    let Some(pagination) = pagination.filter(|value| value.is_object()) else {
        return More::Unknown;
    };
    let number = |name: &str| pagination.get(name).and_then(Value::as_u64);
    if let (Some(current), Some(total)) = (number("current_page"), number("total_pages")) {
        return if current < total { More::Yes } else { More::No };
    }
    let has_next = ["next_page", "next_url", "next_link"]
        .iter()
        .any(|name| pagination.get(*name).is_some_and(|next| !next.is_null() && next.as_str() != Some("")));
    if has_next { More::Yes } else { More::No }
}

/// Returns the vendor's message, truncated: `message`, otherwise `error`, otherwise `errors`; the body itself if it is not
/// JSON.
fn vendor_message(response: &Response) -> String {
    let text = match serde_json::from_slice::<Value>(&response.body) {
        Ok(body) => ["message", "error", "errors"].iter().find_map(|name| body.get(*name).and_then(value_text)),
        Err(_) => Some(String::from_utf8_lossy(&response.body).into_owned()),
    };
    http_client::other_system_message(&text.unwrap_or_default())
}

/// Returns the text of a value of any shape; `None` for null.
pub fn value_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(values) => Some(values.iter().filter_map(value_text).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let lines = members.iter().filter_map(|(name, value)| Some(format!("{name} {}", value_text(value)?)));
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

/// Deserializes a text or a number as text; anything else as an empty text.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    })
}

/// Deserializes a number, or a text with a number; anything else as 0.
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(0),
        Value::String(text) => text.trim().parse().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => 0,
    })
}

/// Deserializes a boolean, a number or a text as a flag; anything else as `false`.
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
    fn all_four_shapes_of_lists_are_decoded() {
        let rows = vec![json!({"id": 1})];
        let pagination = json!({"current_page": 1, "total_pages": 2, "total_entries": 101});
        for (shape, more) in [
            (json!([{"id": 1}]), More::Unknown),
            (json!({"data": [{"id": 1}], "pagination": {"current_page": 1, "per_page": 100}}), More::No),
            (json!({"data": [{"id": 1}], "pagination": {"next_page": 2}}), More::Yes),
            (json!({"result_set": [{"id": 1}], "pagination": pagination}), More::Yes),
            (json!([{"result_set": [{"id": 1}]}]), More::Unknown),
        ] {
            assert_eq!(page(shape.clone()).unwrap(), Page { rows: rows.clone(), more }, "{shape}");
        }
        assert!(page(json!("OK")).is_err());
        assert!(page(json!({"rows": []})).is_err());
    }

    #[test]
    fn rejections_keep_the_vendors_message() {
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
        assert_eq!(vendor_message(&plain).len(), http_client::MAX_MESSAGE_LEN);
    }
}
