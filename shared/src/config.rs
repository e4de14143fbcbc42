//! Reads the settings of a deployment from environment variables. Each concern reads its own variables (`from_env`); an
//! error names the variable that is missing or invalid.
//!
//! This room imports no other room.

use std::str::FromStr;

/// The error of an environment variable that is missing or invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct ConfigError {
    variable: &'static str,
    problem: String,
}

impl ConfigError {
    /// Returns the error of `variable`. `problem` must not contain a secret.
    pub fn new(variable: &'static str, problem: impl Into<String>) -> Self {
        Self { variable, problem: problem.into() }
    }
}

/// Returns the value of the variable, or `None` if it is unset or blank.
pub fn optional(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.trim().is_empty())
}

/// Returns the value of the variable.
///
/// # Errors
/// The variable is unset or blank.
pub fn required(variable: &'static str) -> Result<String, ConfigError> {
    optional(variable).ok_or_else(|| ConfigError::new(variable, "is not set"))
}

/// Returns the value of the variable as a `T`, or `default` if it is unset or blank.
///
/// # Errors
/// The value is not a `T`.
pub fn parsed<T>(variable: &'static str, default: T) -> Result<T, ConfigError>
where
    T: FromStr<Err: std::fmt::Display>,
{
    match optional(variable) {
        Some(value) => value.trim().parse().map_err(|error: T::Err| ConfigError::new(variable, error.to_string())),
        None => Ok(default),
    }
}
