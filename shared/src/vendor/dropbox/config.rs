//! Address and catalogue of Dropbox, from environment variables.

use crate::config::{self, ConfigError};
use std::sync::Arc;
use url::Url;

use super::catalogue::Catalogue;
use super::contract;

/// Address of Dropbox, and the catalogue that is sold.
#[derive(Clone, Debug)]
pub struct Config {
    /// `DROPBOX_BASE_URL`; default: [`contract::BASE`].
    pub base: Url,
    /// Plans and add-ons that are sold: the JSON file that `DROPBOX_CATALOGUE_FILE` names; default: the built-in catalogue.
    pub catalogue: Arc<Catalogue>,
    /// `DROPBOX_TEST_ENVIRONMENT`: `true` if the credentials belong to Dropbox's test environment, which has no resellers;
    /// default: `false`.
    pub test_environment: bool,
}

impl Config {
    /// Returns the defaults for an API at `base`.
    pub fn at(base: Url) -> Result<Self, ConfigError> {
        let catalogue = Catalogue::built_in().map_err(|problem| ConfigError::new("DROPBOX_CATALOGUE_FILE", problem))?;
        Ok(Self { base, catalogue: Arc::new(catalogue), test_environment: false })
    }

    /// Reads the environment variables that the members name.
    ///
    /// # Errors
    /// Names the variable that is invalid.
    pub fn from_env() -> Result<Self, ConfigError> {
        let base = config::optional("DROPBOX_BASE_URL").unwrap_or_else(|| contract::BASE.to_owned());
        let base = Url::parse(&base).map_err(|error| ConfigError::new("DROPBOX_BASE_URL", error.to_string()))?;
        let defaults = Self::at(base)?;
        let catalogue = match config::optional("DROPBOX_CATALOGUE_FILE") {
            Some(file) => Arc::new(read(&file).map_err(|problem| ConfigError::new("DROPBOX_CATALOGUE_FILE", problem))?),
            None => defaults.catalogue,
        };
        let test_environment = config::parsed("DROPBOX_TEST_ENVIRONMENT", defaults.test_environment)?;
        Ok(Self { catalogue, test_environment, ..defaults })
    }
}

fn read(file: &str) -> Result<Catalogue, String> {
    let json = std::fs::read_to_string(file).map_err(|error| format!("names {file}: {error}"))?;
    Catalogue::parse(&json).map_err(|problem| format!("names {file}: {problem}"))
}
