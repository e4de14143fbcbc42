//! Reading what a vendor answers.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::vendor::VendorError;

/// Reads an answer, or a row of one, as a `T`.
///
/// # Errors
/// [`VendorError::Unreadable`], naming the member.
pub fn decode_json<T: DeserializeOwned>(value: Value) -> Result<T, VendorError> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| VendorError::InvalidResponse { reason: format!("{}: {}", error.path(), error.inner()) })
}
