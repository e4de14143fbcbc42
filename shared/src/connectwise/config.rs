//! What a deployment says about ConnectWise.

use std::num::NonZeroU32;

use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

use crate::config::{self, ConfigError};

/// ConnectWise limits from about 1,000 requests a minute on, for all that calls with one company's keys
/// (`reference/connectwise.md`, "Rate limits and retries"). Eight instances work at once, four of each consumer, and stay below it.
pub const REQUESTS_PER_MINUTE: u32 = 120;

/// Who we are to ConnectWise, and which sites are taken for it.
#[derive(Clone, Debug)]
pub struct Config {
    /// `CONNECTWISE_CLIENT_ID`: the GUID of this product in ConnectWise's developer portal; sent with every call.
    pub client_id: SecretString,
    /// `CONNECTWISE_ALLOWED_HOSTS`, separated by commas: hosts of MSPs who run ConnectWise themselves. `*.` stands for one
    /// or more labels; default none.
    pub allowed_hosts: Vec<String>,
    /// `CONNECTWISE_BASE_URL`: what stands in the place of every site, such as the sandbox; default none. Only scheme, host
    /// and port of it count.
    pub base: Option<Url>,
    /// `CONNECTWISE_REQUESTS_PER_MINUTE`: how many one instance makes at most; default [`REQUESTS_PER_MINUTE`].
    pub requests_per_minute: NonZeroU32,
}

impl Config {
    /// The defaults of the product with this client id.
    ///
    /// # Errors
    /// Names `CONNECTWISE_CLIENT_ID` if it is no GUID.
    pub fn of_client(client_id: &str) -> Result<Self, ConfigError> {
        let client_id = Uuid::try_parse(client_id.trim())
            .map_err(|_| ConfigError::new("CONNECTWISE_CLIENT_ID", "must be the GUID from the developer portal"))?;
        Ok(Self {
            client_id: client_id.to_string().into(),
            allowed_hosts: Vec::new(),
            base: None,
            requests_per_minute: NonZeroU32::new(REQUESTS_PER_MINUTE).unwrap_or(NonZeroU32::MIN),
        })
    }

    /// Reads the variables that the members name.
    pub fn from_env() -> Result<Self, ConfigError> {
        let defaults = Self::of_client(&config::required("CONNECTWISE_CLIENT_ID")?)?;
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

    /// Whether an MSP who runs ConnectWise on `host` may be called there.
    pub(super) fn allows(&self, host: &str) -> bool {
        self.allowed_hosts.iter().any(|allowed| match allowed.strip_prefix('*') {
            Some(suffix) => host.ends_with(suffix) && host.len() > suffix.len(),
            None => host == allowed,
        })
    }
}
