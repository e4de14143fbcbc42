//! Settings of a deployment, from environment variables. Each concern reads its own (`from_env`), and a missing or
//! unusable one is named.

use std::str::FromStr;

/// A variable that is missing or can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct ConfigError {
    variable: &'static str,
    problem: String,
}

impl ConfigError {
    /// What is wrong with `variable`. The text must not repeat a secret.
    pub fn new(variable: &'static str, problem: impl Into<String>) -> Self {
        Self { variable, problem: problem.into() }
    }
}

/// The variable's value; none if it is unset or empty.
pub fn optional(variable: &'static str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.trim().is_empty())
}

/// The variable's value.
pub fn required(variable: &'static str) -> Result<String, ConfigError> {
    optional(variable).ok_or_else(|| ConfigError::new(variable, "is not set"))
}

/// The variable's value, read as a `T`, or `default`.
pub fn parsed<T>(variable: &'static str, default: T) -> Result<T, ConfigError>
where
    T: FromStr<Err: std::fmt::Display>,
{
    match optional(variable) {
        Some(value) => value.trim().parse().map_err(|error: T::Err| ConfigError::new(variable, error.to_string())),
        None => Ok(default),
    }
}
