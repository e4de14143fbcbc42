//! Answers, read tolerantly: a field that is missing, `null` or an empty text is one that is not set, and one that is not
//! known is passed over.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::connectwise::ConnectWiseError;
use crate::http_client::Response;

/// Reads a success as a `T`.
///
/// # Errors
/// [`ConnectWiseError::Unreadable`], naming the field.
pub fn read<T: DeserializeOwned>(response: &Response) -> Result<T, ConnectWiseError> {
    let unreadable = |reason: String| ConnectWiseError::Unreadable { reason };
    let mut body: Value = serde_json::from_slice(&response.body).map_err(|error| unreadable(error.to_string()))?;
    drop_unset(&mut body);
    serde_path_to_error::deserialize(body).map_err(|error| unreadable(format!("{}: {}", error.path(), error.inner())))
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
        read(&Response { status: StatusCode::OK, headers: HeaderMap::new(), body }).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_set_is_missing_in_every_form() {
        let set =
            json!({ "id": 19, "identifier": "AcmeCorp", "name": "Acme", "status": { "id": 1, "name": "Active" } });
        assert_eq!(company(&set).unwrap().status.as_deref(), Some("Active"));
        for status in [json!(null), json!(""), json!({ "id": 1, "name": null }), json!({ "id": 1, "name": "" })] {
            let body = json!({ "id": 19, "identifier": "AcmeCorp", "name": "Acme", "status": status, "newField": [1] });
            assert_eq!(company(&body).unwrap().status, None, "{body}");
        }
        assert_eq!(company(&json!({ "id": 19 })).unwrap().name, "");
        assert_eq!(company(&json!({ "name": "x" })).unwrap_err(), "unreadable answer: .: missing field `id`");
        assert_eq!(company(&json!({ "id": "x" })).unwrap_err().split(": ").nth(1), Some("id"));
        let page = Response { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::from("<html>") };
        assert!(matches!(read::<Company>(&page), Err(ConnectWiseError::Unreadable { .. })));
    }
}
