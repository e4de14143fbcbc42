//! The credentials of a check: those of the caller, or on this machine the local stack's.

use std::env;
use std::io::{self, BufRead};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sandbox::stack::{API_KEY, APPLICATION_ID};
use secrecy::{ExposeSecret, SecretString};
use service_manager::vendor::VendorName;

use super::CheckOptions;
use super::declared::Declared;
use crate::cli::Error;
use crate::cli::credentials::{api_key_header, settings};

/// In front of a setting's name, in any letter case, in the name of an environment variable.
const VARIABLE_PREFIX: &str = "SERVICE_MANAGER_SETTING_";

/// The argument that stands for a line of standard input.
const STANDARD_INPUT: &str = "-";

/// The application, its key and a partner's settings.
pub struct Access {
    application_id: String,
    api_key: SecretString,
    settings: Vec<(String, SecretString)>,
    is_demo: bool,
}

impl Access {
    /// Takes each value from `arguments` or the environment; on this machine, else the local stack's.
    pub fn new(arguments: &CheckOptions) -> Result<Self, Error> {
        let is_demo = arguments.base_url.is_loopback();
        let or_demo = |given: Option<&String>, demo: &str, option: &str, variable: &str| match given {
            Some(value) => Ok(value.clone()),
            None if is_demo => Ok(demo.to_owned()),
            None => Err(format!("{option} is missing; pass it, or set {variable}")),
        };
        let application_id = or_demo(
            arguments.application_id.as_ref(),
            APPLICATION_ID,
            "--application-id",
            "SERVICE_MANAGER_APPLICATION_ID",
        )?;
        let api_key = or_demo(arguments.api_key.as_ref(), API_KEY, "--api-key", "SERVICE_MANAGER_API_KEY")?;
        let api_key = read_if_asked(&api_key, "the API key")?;
        let mut access = Self { application_id, api_key, settings: Vec::new(), is_demo };
        for setting in &arguments.settings {
            let (name, value) = parsed(setting)?;
            access.add(name, read_if_asked(value, name)?);
        }
        for (variable, value) in env::vars_os() {
            if let (Some(variable), Some(value)) = (variable.to_str(), value.to_str())
                && let Some(name) = variable.strip_prefix(VARIABLE_PREFIX)
            {
                access.add(name, value.into());
            }
        }
        Ok(access)
    }

    /// Adds a setting that is not there yet.
    fn add(&mut self, name: &str, value: SecretString) {
        if !self.settings.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            self.settings.push((name.to_owned(), value));
        }
    }

    /// Completes the settings for a service that has these fields: on this machine, with the local stack's.
    pub fn complete(&mut self, declared: &[Declared]) {
        if !self.is_demo {
            return;
        }
        for (name, value) in VendorName::ALL.map(settings).into_iter().flat_map(|[first, _]| first) {
            if declared.iter().any(|field| field.id == name) {
                self.add(name, value.into());
            }
        }
    }

    /// The names and values of the settings.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value.expose_secret()))
    }

    /// The headers of a call, with the settings.
    pub fn headers(&self) -> Result<HeaderMap, Error> {
        self.headers_with_key(self.api_key.expose_secret())
    }

    /// The same with another API key.
    pub fn headers_with_key(&self, api_key: &str) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        headers.insert("x-cloudplatform-applicationid", value("--application-id", &self.application_id)?);
        headers.insert("x-cloudplatform-apikey", value("--api-key", &api_key_header(api_key))?);
        for (name, setting) in self.settings() {
            let header = HeaderName::try_from(format!("x-cloudplatform-setting-{name}"))
                .map_err(|_| format!("--setting {name}: the name of a setting has letters and digits only"))?;
            headers.insert(header, value(name, setting)?);
        }
        Ok(headers)
    }

    /// `text` without any of the secrets.
    pub fn redacted(&self, text: &str) -> String {
        let key = self.api_key.expose_secret();
        let encoded = api_key_header(key);
        let secrets = self.settings().map(|(_, value)| value).chain([key, &encoded]);
        secrets.filter(|secret| secret.len() > 3).fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

/// The name and the value of `NAME=VALUE`. The error does not show the text, which may be a secret.
fn parsed(setting: &str) -> Result<(&str, &str), String> {
    setting
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| "--setting must be NAME=VALUE, like ResellerToken=1111".to_owned())
}

fn read_if_asked(argument: &str, name: &str) -> Result<SecretString, Error> {
    if argument != STANDARD_INPUT {
        return Ok(argument.into());
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    match line.trim_end_matches(['\r', '\n']) {
        "" => Err(format!("standard input has no line for {name}").into()),
        value => Ok(value.into()),
    }
}

fn value(name: &str, value: &str) -> Result<HeaderValue, Error> {
    let mut header = HeaderValue::from_bytes(value.as_bytes())
        .map_err(|_| format!("{name}: the value cannot be sent in a header"))?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_left_in_a_text() {
        let settings = vec![("Token".to_owned(), "swordfish".into()), ("Region".to_owned(), "eu".into())];
        let access =
            Access { application_id: "id".to_owned(), api_key: "local-demo-key".into(), settings, is_demo: false };
        let text = "eu: local-demo-key, bG9jYWwtZGVtby1rZXk= and swordfish";
        assert_eq!(access.redacted(text), "eu: ***, *** and ***");
    }

    #[test]
    fn a_setting_is_known_in_any_letter_case_and_the_first_value_counts() {
        let mut access =
            Access { application_id: "id".to_owned(), api_key: "key".into(), settings: Vec::new(), is_demo: true };
        access.add("accesstoken", "mine".into());
        access.complete(&[
            Declared { id: "ResellerToken".to_owned(), is_required: true },
            Declared { id: "AccessToken".to_owned(), is_required: true },
        ]);
        let settings: Vec<_> = access.settings().collect();
        assert_eq!(settings, [("accesstoken", "mine"), ("ResellerToken", "11111111-1111-4111-8111-111111111111")]);
    }
}
