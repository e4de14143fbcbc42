//! The hosts that an MSP's identity provider may have.

use url::{Host, Url};

use crate::config;

/// Hosts of providers that many organizations share (`docs/reference/settings.md`, "Identity providers"). `*.` stands for one or more labels.
/// None is a host at which anyone may store a file: it would be an issuer of anyone's. Google's are not here: without
/// further settings Google sends no `auth_time`, and that is the time of the Google session, not of a new sign-in.
const HOSTS: [&str; 11] = [
    "login.microsoftonline.com",
    "*.okta.com",
    "*.okta-emea.com",
    "*.oktapreview.com",
    "*.auth0.com",
    "*.onelogin.com",
    "oauth.id.jumpcloud.com",
    "auth.pingone.com",
    "auth.pingone.eu",
    "auth.pingone.ca",
    "auth.pingone.asia",
];

/// The hosts that may be called for a sign-in. A setting of an MSP must not open a way into other networks.
#[derive(Clone, Debug)]
pub struct IdentityConfig {
    /// `IDENTITY_ALLOWED_HOSTS`, separated by commas: hosts of identity providers. `*.` stands for one or more labels. A whole
    /// origin, such as `http://127.0.0.1:9006`, allows exactly that one. Default: the hosts of well-known providers.
    pub allowed_hosts: Vec<String>,
}

impl Default for IdentityConfig {
    fn default() -> Self {
        Self { allowed_hosts: HOSTS.map(str::to_owned).to_vec() }
    }
}

impl IdentityConfig {
    /// Reads the environment variable that the field names.
    pub fn from_env() -> Self {
        let Some(hosts) = config::optional("IDENTITY_ALLOWED_HOSTS") else { return Self::default() };
        let hosts = hosts.split(',').map(|host| host.trim().to_ascii_lowercase()).filter(|host| !host.is_empty());
        Self { allowed_hosts: hosts.collect() }
    }

    /// Returns `true` if `url` may be called: by HTTPS, at an allowed host that is given by its name, without a port or a user;
    /// or at an origin that is allowed as it is.
    pub(super) fn allows(&self, url: &Url) -> bool {
        if !url.username().is_empty() || url.password().is_some() {
            return false;
        }
        if self.allowed_hosts.contains(&url.origin().ascii_serialization()) {
            return true;
        }
        let Some(Host::Domain(host)) = url.host() else { return false };
        url.scheme() == "https" && url.port().is_none() && self.allows_host(host)
    }

    fn allows_host(&self, host: &str) -> bool {
        self.allowed_hosts.iter().any(|allowed| match allowed.strip_prefix('*') {
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => host == allowed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_allowed_hosts_are_called() {
        let mut config = IdentityConfig::default();
        config.allowed_hosts.push("http://127.0.0.1:9006".to_owned());
        let allows = |url: &str| config.allows(&Url::parse(url).unwrap());
        for url in [
            "https://login.microsoftonline.com/tenant/v2.0",
            "https://msp.okta.com/oauth2/default",
            "https://MSP.Okta.com:443/",
            "http://127.0.0.1:9006/provider",
        ] {
            assert!(allows(url), "{url}");
        }
        for url in [
            "http://login.microsoftonline.com/tenant/v2.0",
            "https://okta.com/",
            "https://msp.okta.com:8443/",
            "https://user@msp.okta.com/",
            "https://msp.okta.com.evil.example/",
            "https://evilokta.com/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://2130706433/",
            "http://127.0.0.1:9004/",
            "https://localhost/",
            "file:///etc/passwd",
            "https://storage.googleapis.com/x",
            "https://accounts.google.com",
        ] {
            assert!(!allows(url), "{url}");
        }
    }
}
