//! Decoding of vendor responses.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http_client::decode_reason;
use crate::vendor::VendorError;

/// Decodes a response, or a row of one, as a `T`.
///
/// # Errors
/// [`VendorError::InvalidResponse`], with the path of the member and without its value.
pub fn decode_json<T: DeserializeOwned>(value: Value) -> Result<T, VendorError> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| VendorError::InvalidResponse { reason: decode_reason(&error) })
}
