//! Reading what a vendor answers.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::VendorError;

/// The longest piece of a vendor's words that is passed on, in characters.
pub const MAX_WORDS: usize = 300;

/// Reads an answer, or a row of one, as a `T`.
///
/// # Errors
/// [`VendorError::Unreadable`], naming the member.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, VendorError> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| VendorError::Unreadable { reason: format!("{}: {}", error.path(), error.inner()) })
}

/// A vendor's words as they are passed on: cut, and without control characters.
pub fn words(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(MAX_WORDS).collect()
}
