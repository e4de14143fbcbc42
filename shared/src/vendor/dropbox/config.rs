//! Address and catalogue of Dropbox, from environment variables.

use crate::config::{self, ConfigError};
use std::str::FromStr;
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
    /// `DROPBOX_CANCEL_AFTER_WINDOW`: the effect of a cancellation outside the days in which Dropbox allows one; default:
    /// `refuse`.
    pub cancel_after_window: CancelAfterWindow,
}

/// Effect of a cancellation outside the days in which Dropbox allows one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CancelAfterWindow {
    /// `refuse`: it is refused.
    #[default]
    Refuse,
    /// `doNotRenew`: the term is not renewed. The team stays active, and is billed, until the end of its term.
    DoNotRenew,
}

impl FromStr for CancelAfterWindow {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "refuse" => Ok(Self::Refuse),
            "doNotRenew" => Ok(Self::DoNotRenew),
            _ => Err("must be refuse or doNotRenew"),
        }
    }
}

impl Config {
    /// Returns the defaults for an API at `base`.
    pub fn at(base: Url) -> Result<Self, ConfigError> {
        let catalogue = Catalogue::built_in().map_err(|problem| ConfigError::new("DROPBOX_CATALOGUE_FILE", problem))?;
        let cancel_after_window = CancelAfterWindow::default();
        Ok(Self { base, catalogue: Arc::new(catalogue), test_environment: false, cancel_after_window })
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
        let cancel_after_window = config::parsed("DROPBOX_CANCEL_AFTER_WINDOW", defaults.cancel_after_window)?;
        Ok(Self { catalogue, test_environment, cancel_after_window, ..defaults })
    }
}

fn read(file: &str) -> Result<Catalogue, String> {
    let json = std::fs::read_to_string(file).map_err(|error| format!("names {file}: {error}"))?;
    Catalogue::parse(&json).map_err(|problem| format!("names {file}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effect_of_a_late_cancellation_is_one_of_two() {
        assert_eq!("refuse".parse::<CancelAfterWindow>(), Ok(CancelAfterWindow::Refuse));
        assert_eq!("doNotRenew".parse::<CancelAfterWindow>(), Ok(CancelAfterWindow::DoNotRenew));
        assert!("donotrenew".parse::<CancelAfterWindow>().is_err());
    }
}
