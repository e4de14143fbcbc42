//! Lenient decoding of responses. A field that is missing, `null` or an empty text is not set. Unknown fields are
//! ignored.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::connectwise::ConnectWiseError;
use crate::http_client::{Response, from_json};

/// Decodes the body of a successful response.
///
/// # Errors
/// [`ConnectWiseError::InvalidResponse`] names the field.
pub fn decode<T: DeserializeOwned>(response: &Response) -> Result<T, ConnectWiseError> {
    let invalid = |reason: String| ConnectWiseError::InvalidResponse { reason };
    let mut body: Value = serde_json::from_slice(&response.body).map_err(|error| invalid(error.to_string()))?;
    drop_unset(&mut body);
    from_json(body).map_err(invalid)
}

fn drop_unset(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null() && member.as_str().is_none_or(|text| !text.is_empty()));
            members.values_mut().for_each(drop_unset);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_unset),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};
    use serde_json::json;

    use super::*;
    use crate::connectwise::api::company::Company;

    fn company(body: &Value) -> Result<Company, String> {
        let body = Bytes::from(body.to_string());
        decode(&Response { status: StatusCode::OK, headers: HeaderMap::new(), body }).map_err(|error| error.to_string())
    }

    #[test]
    fn unset_fields_are_missing_in_every_format() {
        let set =
            json!({ "id": 19, "identifier": "AcmeCorp", "name": "Acme", "status": { "id": 1, "name": "Active" } });
        assert_eq!(company(&set).unwrap().status.as_deref(), Some("Active"));
        for status in [json!(null), json!(""), json!({ "id": 1, "name": null }), json!({ "id": 1, "name": "" })] {
            let body = json!({ "id": 19, "identifier": "AcmeCorp", "name": "Acme", "status": status, "newField": [1] });
            assert_eq!(company(&body).unwrap().status, None, "{body}");
        }
        assert_eq!(company(&json!({ "id": 19 })).unwrap().name, "");
        assert_eq!(company(&json!({ "name": "x" })).unwrap_err(), "invalid response: .: missing field `id`");
        assert_eq!(company(&json!({ "id": "x" })).unwrap_err().split(": ").nth(1), Some("id"));
        let page = Response { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::from("<html>") };
        assert!(matches!(decode::<Company>(&page), Err(ConnectWiseError::InvalidResponse { .. })));
    }
}
