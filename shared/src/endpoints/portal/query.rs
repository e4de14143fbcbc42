//! The query of a request.

use url::form_urlencoded;

use crate::domain::error::ServiceError;
use crate::endpoints::portal::FieldErrors;

/// The parameters of a query, decoded.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes the text of a query.
    pub fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// Returns a parameter; `None` if it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(parameter, _)| parameter == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Parses a parameter as a number; `None` if it is absent or empty.
    ///
    /// # Errors
    /// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) if it is not a number from 0 to
    /// 4294967295.
    pub fn number(&self, name: &'static str) -> Result<Option<u32>, ServiceError> {
        let parsed = self.get(name).map(str::parse).transpose();
        parsed.map_err(|_| FieldErrors::single(name, "It must be a number, such as 19."))
    }

    /// Parses a parameter as a flag; `false` if it is absent or empty.
    ///
    /// # Errors
    /// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) if it is neither `true` nor `false`.
    pub fn flag(&self, name: &'static str) -> Result<bool, ServiceError> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(FieldErrors::single(name, "It must be true or false.")),
        }
    }
}
