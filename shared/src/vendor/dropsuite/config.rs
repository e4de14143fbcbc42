//! Addresses of Dropsuite and limits of the requests to it, from environment variables.

use crate::config::{self, ConfigError};
use std::num::NonZeroU32;
use url::Url;

/// Addresses of Dropsuite, and limits of the requests to it.
#[derive(Clone, Debug)]
pub struct Config {
    /// `REGION_CODE`, which is reported to the BSS.
    pub region: String,
    /// `DROPSUITE_BASE_URL`; default: the region's.
    pub default_base: Url,
    /// `DROPSUITE_ALLOWED_HOSTS`, separated by commas: hosts that the setting `ApiUrl` may name. `*.` stands for one or more
    /// labels. A whole origin, such as `http://127.0.0.1:9011`, allows exactly that one. Default: the hosts of Dropsuite.
    pub allowed_hosts: Vec<String>,
    /// `DROPSUITE_PORTAL_URL`, for the welcome mail; default: the host of the API.
    pub portal: Option<String>,
    /// `DROPSUITE_RESELLER_PORTAL_URL`, for the welcome mail; default: the host of the API.
    pub reseller_portal: Option<String>,
    /// `DROPSUITE_SEARCH_PAGES`: most pages of 100 organizations that one call reads; at least 1, default 400.
    pub search_pages: u32,
    /// `DROPSUITE_REQUESTS_PER_MINUTE`: most requests of one instance per minute; default: no limit.
    pub requests_per_minute: Option<NonZeroU32>,
}

/// Hosts of the API (`docs/vendors/dropsuite.md` 2).
const HOSTS: [&str; 9] = [
    "dropsuite.us",
    "dropsuite.uk",
    "dropsuite.ca",
    "dropsuite-au.com",
    "dropsuite.com",
    "*.dropsuite.com",
    "euw.dropmyemail.com",
    "euc.dropmyemail.com",
    "na-saas-npp.backup.ninjarmm.com",
];

impl Config {
    /// Returns the defaults of a region, `euwest` or `eucentral`.
    ///
    /// # Errors
    /// Names `REGION_CODE` for any other region, whose address is not known.
    pub fn for_region(region: &str) -> Result<Self, ConfigError> {
        let base = match region {
            "euwest" => "https://euw.dropmyemail.com/api",
            "eucentral" => "https://euc.dropmyemail.com/api",
            _ => {
                return Err(ConfigError::new(
                    "REGION_CODE",
                    "must be euwest or eucentral, unless DROPSUITE_BASE_URL is set",
                ));
            }
        };
        let base = Url::parse(base).map_err(|error| ConfigError::new("REGION_CODE", error.to_string()))?;
        Ok(Self::at(region, base))
    }

    /// Returns the defaults of a region whose API is at `base`.
    pub fn at(region: &str, base: Url) -> Self {
        Self {
            region: region.to_owned(),
            default_base: base,
            allowed_hosts: HOSTS.map(str::to_owned).to_vec(),
            portal: None,
            reseller_portal: None,
            search_pages: 400,
            requests_per_minute: None,
        }
    }

    /// Reads the environment variables that the members name.
    ///
    /// # Errors
    /// Names the variable that is missing or invalid.
    pub fn from_env() -> Result<Self, ConfigError> {
        let region = config::required("REGION_CODE")?;
        let defaults = match config::optional("DROPSUITE_BASE_URL") {
            Some(base) => {
                let base =
                    Url::parse(&base).map_err(|error| ConfigError::new("DROPSUITE_BASE_URL", error.to_string()))?;
                Self::at(&region, base)
            }
            None => Self::for_region(&region)?,
        };
        let hosts = config::optional("DROPSUITE_ALLOWED_HOSTS");
        Ok(Self {
            allowed_hosts: hosts.map_or(defaults.allowed_hosts, |hosts| {
                hosts.split(',').map(|host| host.trim().to_ascii_lowercase()).filter(|host| !host.is_empty()).collect()
            }),
            portal: config::optional("DROPSUITE_PORTAL_URL"),
            reseller_portal: config::optional("DROPSUITE_RESELLER_PORTAL_URL"),
            search_pages: config::parsed("DROPSUITE_SEARCH_PAGES", defaults.search_pages)?.max(1),
            requests_per_minute: match config::optional("DROPSUITE_REQUESTS_PER_MINUTE") {
                Some(_) => Some(config::parsed("DROPSUITE_REQUESTS_PER_MINUTE", NonZeroU32::MIN)?),
                None => None,
            },
            ..defaults
        })
    }

    /// Returns `true` if the setting `ApiUrl` may name an address with this scheme, host and port, whatever they are.
    pub(super) fn allows_origin(&self, origin: &str) -> bool {
        self.allowed_hosts.iter().any(|allowed| allowed == origin)
    }

    /// Returns `true` if the setting `ApiUrl` may name `host`.
    pub(super) fn allows(&self, host: &str) -> bool {
        self.allowed_hosts.iter().any(|allowed| match allowed.strip_prefix('*') {
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => host == allowed,
        })
    }
}
