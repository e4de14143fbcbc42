//! Configuration of a deployment's access to ConnectWise.

use std::num::NonZeroU32;

use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

use crate::config::{self, ConfigError};

/// Default of `CONNECTWISE_REQUESTS_PER_MINUTE`. ConnectWise limits at about 1,000 requests a minute for all callers
/// with one company's keys (`docs/vendors/connectwise.md`, "Rate limits and retries"). Eight instances run
/// concurrently, four of each consumer, and stay below this limit. `actions-check` and `connectwise-audit` have limits of
/// their own in the template, which share the rest.
pub const REQUESTS_PER_MINUTE: u32 = 100;

/// Identification of this product to ConnectWise, and the hosts that are accepted as sites.
#[derive(Clone, Debug)]
pub struct Config {
    /// `CONNECTWISE_CLIENT_ID`: the GUID of this product in ConnectWise's developer portal, sent with every request.
    pub client_id: SecretString,
    /// `CONNECTWISE_ALLOWED_HOSTS`, separated by commas: hosts of MSPs who run ConnectWise themselves. `*.` stands for
    /// one or more labels. Default: none.
    pub allowed_hosts: Vec<String>,
    /// `CONNECTWISE_BASE_URL`: replaces every site, for example by the sandbox. Only its scheme, host and port are
    /// used. Default: none.
    pub base: Option<Url>,
    /// `CONNECTWISE_REQUESTS_PER_MINUTE`: limit of one instance's requests. Default: [`REQUESTS_PER_MINUTE`].
    pub requests_per_minute: NonZeroU32,
}

impl Config {
    /// Returns the default configuration with this client id.
    ///
    /// # Errors
    /// Names `CONNECTWISE_CLIENT_ID` if it is not a GUID.
    pub fn with_client_id(client_id: &str) -> Result<Self, ConfigError> {
        let client_id = Uuid::try_parse(client_id.trim())
            .map_err(|_| ConfigError::new("CONNECTWISE_CLIENT_ID", "must be the GUID from the developer portal"))?;
        Ok(Self {
            client_id: client_id.to_string().into(),
            allowed_hosts: Vec::new(),
            base: None,
            requests_per_minute: NonZeroU32::new(REQUESTS_PER_MINUTE).unwrap_or(NonZeroU32::MIN),
        })
    }

    /// Reads the environment variables that the fields name.
    pub fn from_env() -> Result<Self, ConfigError> {
        let defaults = Self::with_client_id(&config::required("CONNECTWISE_CLIENT_ID")?)?;
        let hosts = config::optional("CONNECTWISE_ALLOWED_HOSTS").unwrap_or_default();
        let base = config::optional("CONNECTWISE_BASE_URL").map(|base| Url::parse(&base)).transpose();
        Ok(Self {
            allowed_hosts: hosts
                .split(',')
                .map(|host| host.trim().to_ascii_lowercase())
                .filter(|host| !host.is_empty())
                .collect(),
            base: base.map_err(|error| ConfigError::new("CONNECTWISE_BASE_URL", error.to_string()))?,
            requests_per_minute: config::parsed("CONNECTWISE_REQUESTS_PER_MINUTE", defaults.requests_per_minute)?,
            ..defaults
        })
    }

    /// Returns `true` if the deployment allows `host` as an MSP's own ConnectWise server.
    pub(super) fn allows(&self, host: &str) -> bool {
        self.allowed_hosts.iter().any(|allowed| match allowed.strip_prefix('*') {
            Some(suffix) => host.ends_with(suffix) && host.len() > suffix.len(),
            None => host == allowed,
        })
    }
}
