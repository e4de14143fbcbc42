//! Pages of the portal's lists: the query parameters, and the cursor between two pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::error::ServiceError;
use crate::endpoints::portal::{FieldErrors, Query};
use crate::endpoints::{QueryParameter, QueryType};

/// Largest and default number of rows in a page.
pub const MAX_PAGE_SIZE: usize = 1000;
const DEFAULT_PAGE_SIZE: usize = 200;

/// Number of rows in a page.
pub const LIMIT: QueryParameter = QueryParameter { name: "limit", value: QueryType::Number, required: false };
/// Cursor: the member `next` of the previous page.
pub const AFTER: QueryParameter = QueryParameter { name: "after", value: QueryType::Text, required: false };
/// The query parameters of a list.
pub const QUERY: &[QueryParameter] = &[LIMIT, AFTER];

/// Returns the largest number of rows of the requested page.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) if it is not a number from 1 to
/// [`MAX_PAGE_SIZE`].
pub fn limit(query: &Query) -> Result<usize, ServiceError> {
    match query.number(LIMIT.name)?.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)) {
        None => Ok(DEFAULT_PAGE_SIZE),
        Some(limit) if (1..=MAX_PAGE_SIZE).contains(&limit) => Ok(limit),
        Some(_) => Err(FieldErrors::single(LIMIT.name, format!("It must be a number from 1 to {MAX_PAGE_SIZE}."))),
    }
}

/// Returns the cursor of the requested page as `parse` understands it; `None` for the first page.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) if `parse` does not understand it.
pub fn after<T>(query: &Query, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, ServiceError> {
    let Some(after) = query.get(AFTER.name) else { return Ok(None) };
    match parse(after) {
        Some(after) => Ok(Some(after)),
        None => Err(FieldErrors::single(AFTER.name, "It is not a cursor. Copy the member next of the previous page.")),
    }
}

/// Returns the text of a cursor.
///
/// # Errors
/// Its type cannot be written as JSON.
pub fn cursor_text(cursor: &impl Serialize) -> Result<String, ServiceError> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).map_err(ServiceError::internal)?))
}

/// Parses the text of a cursor; `None` if it is none.
pub fn parse_cursor<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_another_kind_is_no_cursor() {
        assert_eq!(parse_cursor::<u32>(&cursor_text(&7).unwrap()), Some(7));
        for text in ["", "x", "e30x", "bnVsbA"] {
            assert_eq!(parse_cursor::<u32>(text), None, "{text}");
        }
    }
}
