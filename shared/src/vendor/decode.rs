//! Decoding of vendor responses.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http_client::from_json;
use crate::vendor::VendorError;

/// Decodes a response, or a row of one, as a `T`.
///
/// # Errors
/// [`VendorError::InvalidResponse`], with the path of the member and without its value.
pub fn decode_json<T: DeserializeOwned>(value: Value) -> Result<T, VendorError> {
    from_json(value).map_err(|reason| VendorError::InvalidResponse { reason })
}
