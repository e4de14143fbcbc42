//! Lenient decoding of Dropsuite's responses: four shapes of lists, ids as text or number, errors under several names
//! (`docs/vendors/dropsuite.md` 4 and G10).

use http::StatusCode;
use rust_decimal::Decimal;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::domain::fingerprint::Fingerprint;
use crate::domain::list_position::ReadPage;
use crate::http_client::{self, Response};
use crate::vendor::VendorError;

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Rows of the page.
    pub rows: Vec<Value>,
    /// Presence of further pages.
    pub more: More,
    /// Number of the list's pages, if the page tells it.
    pub total: Option<u32>,
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
        Value::Array(rows) => Ok(Page { rows, more: More::Unknown, total: None }),
        Value::Object(mut object) => {
            let rows = object.remove("data").or_else(|| object.remove("result_set"));
            match rows {
                Some(Value::Array(rows)) => {
                    let pagination = object.get("pagination");
                    let total = pagination.and_then(|members| members.get("total_pages")?.as_u64()?.try_into().ok());
                    Ok(Page { rows, more: more(pagination), total })
                }
                _ => Err(VendorError::InvalidResponse { reason: "the list has no rows".to_owned() }),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
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

/// A list that is read page by page.
#[derive(Debug, Default)]
pub struct Pages {
    /// The page before.
    pub previous: Option<ReadPage>,
}

impl Pages {
    /// Takes the next page and returns it. A server that ignores the number of the page repeats the page, which then has no
    /// rows and is the last one.
    ///
    /// # Errors
    /// [`VendorError::IncompleteList`] if a further page is announced, and the page is empty or repeats the one before.
    pub fn take(&mut self, page: Page) -> Result<Page, VendorError> {
        let first = page.rows.first().map(|row| Fingerprint::hash(row.get("id").unwrap_or(row)));
        let announces_next = page.more == More::Yes;
        match (first, &self.previous) {
            (Some(first), previous) if previous.as_ref().is_none_or(|previous| previous.first != first) => {
                self.previous = Some(ReadPage { first, announces_next });
                Ok(page)
            }
            (_, Some(previous)) if previous.announces_next => Err(VendorError::IncompleteList),
            _ if announces_next => Err(VendorError::IncompleteList),
            _ => Ok(Page { rows: Vec::new(), more: More::No, total: page.total }),
        }
    }
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

/// Deserializes an id: a text or a number that is not empty.
///
/// # Errors
/// Anything else.
pub fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = text(deserializer)?;
    if id.trim().is_empty() { Err(Error::custom("no id, expected an id")) } else { Ok(id) }
}

/// Deserializes a number, or a text with a number, as a count: 3, `3.0` and `"3.0"` are 3. Null and an empty text are 0.
///
/// # Errors
/// Anything else, because 0 would be believed.
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::Number(number) => number.to_string(),
        Value::String(text) if !text.trim().is_empty() => text,
        Value::Null | Value::String(_) => return Ok(0),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    let number = text.trim().parse::<Decimal>().ok().filter(|number| number.fract().is_zero());
    number.and_then(|number| u32::try_from(number).ok()).ok_or_else(|| Error::custom("no count, expected a count"))
}

/// Deserializes a count that one source alone has seen: as [`count`] does, and as `None` if it is missing or no count.
///
/// # Errors
/// The input cannot be read.
pub fn optional_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        value => Ok(count(value).ok()),
    }
}

/// Deserializes a boolean, a number or a text as a flag; null as `false`.
///
/// # Errors
/// A list or an object.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(flag) => flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => ["true", "1"].contains(&text.trim().to_ascii_lowercase().as_str()),
        Value::Null => false,
        Value::Array(_) | Value::Object(_) => return Err(Error::custom("no flag, expected a flag")),
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;
    use serde_json::json;

    use super::*;
    use crate::vendor::decode_json;

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
            let decoded = page(shape.clone()).unwrap();
            assert_eq!((&decoded.rows, decoded.more), (&rows, more), "{shape}");
            assert_eq!(decoded.total, shape.to_string().contains("total_pages").then_some(2), "{shape}");
        }
        assert!(page(json!("OK")).is_err());
        assert!(page(json!({"rows": []})).is_err());
        assert!(page(json!({"data": {"id": 1}})).is_err());
        assert!(page(Value::Null).is_err());
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Row {
        #[serde(deserialize_with = "id")]
        id: String,
        #[serde(default, deserialize_with = "count")]
        seats: u32,
        #[serde(default, deserialize_with = "flag")]
        suspended: bool,
    }

    #[test]
    fn counts_are_read_in_every_form_and_never_guessed() {
        let seats = |seats: Value| decode_json::<Row>(json!({"id": 1, "seats": seats})).map(|row| row.seats);
        for (value, expected) in [
            (json!(3), 3),
            (json!(3.0), 3),
            (json!("3"), 3),
            (json!(" 3.0 "), 3),
            (json!("3.00"), 3),
            (json!(null), 0),
            (json!(""), 0),
            (json!(u32::MAX), u32::MAX),
        ] {
            assert_eq!(seats(value.clone()).unwrap(), expected, "{value}");
        }
        for value in
            [json!(2.5), json!(-1), json!("three"), json!("2.5"), json!([]), json!({}), json!(true), json!(5e9)]
        {
            let error = seats(value.clone()).unwrap_err().to_string();
            assert_eq!(error, "invalid response: seats: expected a count", "{value}");
        }
        assert!(decode_json::<Row>(json!({"id": 1, "suspended": []})).is_err());
    }

    #[test]
    fn a_row_without_an_id_is_refused() {
        for row in
            [json!({}), json!({"id": null}), json!({"id": " "}), json!({"id": []}), json!([1]), json!([]), json!(1)]
        {
            assert!(decode_json::<Row>(row.clone()).is_err(), "{row}");
        }
        assert_eq!(decode_json::<Row>(json!({"id": 44.0})).unwrap().id, "44");
    }

    #[test]
    fn a_list_is_whole_or_says_so() {
        let page = |id: u32, more| Page { rows: vec![json!({ "id": id })], more, total: None };
        let empty = |more| Page { rows: Vec::new(), more, total: None };
        let take = |pages: Vec<Page>| {
            let mut list = Pages::default();
            pages
                .into_iter()
                .map(|page| list.take(page).map(|page| (page.rows.len(), page.more)).ok())
                .collect::<Vec<_>>()
        };
        let (yes, unknown, no) = (More::Yes, More::Unknown, More::No);
        assert_eq!(take(vec![page(1, yes), page(2, no)]), [Some((1, yes)), Some((1, no))]);
        assert_eq!(take(vec![page(1, unknown), page(1, unknown)]), [Some((1, unknown)), Some((0, no))]);
        assert_eq!(take(vec![page(1, unknown), empty(unknown)]), [Some((1, unknown)), Some((0, no))]);
        assert_eq!(take(vec![empty(no)]), [Some((0, no))]);
        assert_eq!(take(vec![empty(yes)]), [None]);
        assert_eq!(take(vec![page(1, yes), page(1, yes)]), [Some((1, yes)), None]);
        assert_eq!(take(vec![page(1, yes), empty(no)]), [Some((1, yes)), None]);
        assert_eq!(take(vec![page(1, yes), empty(unknown)]), [Some((1, yes)), None]);
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
