//! The site of an MSP's ConnectWise, parsed from the MSP's input. A setting must not open a way into other networks.
//! Only ConnectWise's own hosts, hosts that the deployment allows, and the deployment's replacement of a site are
//! called.

use std::fmt;

use url::{Host, Url};

use super::Config;

/// ConnectWise's clouds. A host is one label below one of them: `api-na.myconnectwise.net` for the API,
/// `na.myconnectwise.net` for people.
const CLOUDS: [&str; 2] = [".myconnectwise.net", ".connectwisedev.com"];

/// Prefix of the API's hosts.
const API: &str = "api-";

/// A ConnectWise site.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Site(Url);

impl Site {
    /// Parses the MSP's input: the host of the API or the host that people open, with or without `https://` and a path.
    ///
    /// # Errors
    /// [`SiteError`], with a message for the MSP.
    pub fn parse(input: &str, config: &Config) -> Result<Self, SiteError> {
        let input = input.trim();
        if input.is_empty() {
            return Err(SiteError::Missing);
        }
        if let Some(base) = config.base.as_ref().filter(|base| is_base(input, base)) {
            return Ok(Self(origin(base.clone())));
        }
        let url = if input.contains("://") { input.to_owned() } else { format!("https://{input}") };
        let url = Url::parse(&url).map_err(|_| SiteError::Malformed)?;
        if url.scheme() != "https" {
            return Err(SiteError::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() || url.port().is_some() {
            return Err(SiteError::Malformed);
        }
        let Some(Host::Domain(host)) = url.host() else { return Err(SiteError::Malformed) };
        let host = host.trim_end_matches('.');
        let host = match CLOUDS.iter().find_map(|cloud| Some((host.strip_suffix(cloud)?, *cloud))) {
            Some((label, cloud)) if !label.is_empty() && !label.contains('.') => {
                format!("{API}{}{cloud}", label.strip_prefix(API).unwrap_or(label))
            }
            _ if config.allows(host) => host.to_owned(),
            _ => return Err(SiteError::NotAllowed { host: host.to_owned() }),
        };
        Url::parse(&format!("https://{host}/")).map(Self).map_err(|_| SiteError::Malformed)
    }

    /// Returns the base URL of requests: the site, or the deployment's replacement of every site.
    pub(super) fn origin(&self, config: &Config) -> Url {
        config.base.clone().map_or_else(|| self.0.clone(), origin)
    }
}

impl fmt::Display for Site {
    /// Writes the host, as the MSP would enter it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.authority())
    }
}

/// The reason why a site is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// The input is empty.
    #[error("The Site URL is missing. Enter the address at which you open ConnectWise, such as na.myconnectwise.net.")]
    Missing,
    /// The input is not the address of a host by its name alone.
    #[error(
        "The Site URL is not a valid address. Enter only the host at which you open ConnectWise, such as na.myconnectwise.net, without a user name or a port."
    )]
    Malformed,
    /// The scheme is not HTTPS.
    #[error("The Site URL must begin with https://, or be the host alone, such as na.myconnectwise.net.")]
    NotHttps,
    /// The host is neither ConnectWise's nor allowed by the deployment.
    #[error(
        "{host} is not a known ConnectWise site. Enter the address at which you open ConnectWise, such as na.myconnectwise.net. If you run ConnectWise on your own server, ask your distributor to allow its host."
    )]
    NotAllowed {
        /// The host.
        host: String,
    },
}

fn is_base(input: &str, base: &Url) -> bool {
    let url = if input.contains("://") { input.to_owned() } else { format!("{}://{input}", base.scheme()) };
    Url::parse(&url)
        .is_ok_and(|url| url.origin() == base.origin() && url.username().is_empty() && url.password().is_none())
}

fn origin(mut url: Url) -> Url {
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn config(base: Option<&str>) -> Config {
        Config {
            allowed_hosts: vec!["cw.example.com".to_owned(), "*.msp.example".to_owned()],
            base: base.map(|base| Url::parse(base).unwrap()),
            ..Config::with_client_id("5ad00000-0000-4000-8000-000000000001").unwrap()
        }
    }

    fn parsed(input: &str) -> Result<String, SiteError> {
        Site::parse(input, &config(None)).map(|site| site.origin(&config(None)).to_string())
    }

    #[test]
    fn addresses_that_people_open_lead_to_the_api() {
        for input in [
            "api-na.myconnectwise.net",
            "na.myconnectwise.net",
            " NA.MyConnectWise.net. ",
            "https://na.myconnectwise.net",
            "https://na.myconnectwise.net:443/",
            "https://na.myconnectwise.net/v4_6_release/ConnectWise.aspx?routeTo=ServiceFV&recid=1#x",
            "na.myconnectwise.net/v4_6_release/",
        ] {
            assert_eq!(parsed(input).unwrap(), "https://api-na.myconnectwise.net/", "{input}");
        }
        assert_eq!(parsed("staging.connectwisedev.com").unwrap(), "https://api-staging.connectwisedev.com/");
        assert_eq!(parsed("cw.example.com/v4_6_release").unwrap(), "https://cw.example.com/");
        assert_eq!(parsed("https://cw.msp.example").unwrap(), "https://cw.msp.example/");
    }

    #[test]
    fn other_hosts_are_rejected() {
        for (input, expected) in [
            ("", SiteError::Missing),
            ("  ", SiteError::Missing),
            ("http://na.myconnectwise.net", SiteError::NotHttps),
            ("ftp://na.myconnectwise.net", SiteError::NotHttps),
            ("file:///etc/passwd", SiteError::NotHttps),
            ("na.myconnectwise.net:8443", SiteError::Malformed),
            ("user@na.myconnectwise.net", SiteError::Malformed),
            ("na.myconnectwise.net:x@cw.example.com", SiteError::Malformed),
            ("127.0.0.1", SiteError::Malformed),
            ("https://2130706433/", SiteError::Malformed),
            ("[::1]", SiteError::Malformed),
            ("169.254.169.254/latest/meta-data", SiteError::Malformed),
            ("my site", SiteError::Malformed),
        ] {
            assert_eq!(parsed(input), Err(expected), "{input}");
        }
        for host in [
            "localhost",
            "myconnectwise.net",
            "evilmyconnectwise.net",
            "a.b.myconnectwise.net",
            "na.myconnectwise.net.evil.example",
            "msp.example",
            "deep.cw.example.com",
        ] {
            assert_eq!(parsed(host), Err(SiteError::NotAllowed { host: host.to_owned() }), "{host}");
        }
        assert!(parsed("evil.example\\@na.myconnectwise.net").is_err());
    }

    #[test]
    fn the_base_url_replaces_every_site() {
        let config = config(Some("http://127.0.0.1:9002/v4_6_release/apis/3.0"));
        for input in ["127.0.0.1:9002", "http://127.0.0.1:9002/v4_6_release", "na.myconnectwise.net"] {
            let site = Site::parse(input, &config).unwrap();
            assert_eq!(site.origin(&config).as_str(), "http://127.0.0.1:9002/", "{input}");
        }
        for input in ["127.0.0.1", "127.0.0.1:9003", "http://u:p@127.0.0.1:9002", "localhost:9002"] {
            assert!(Site::parse(input, &config).is_err(), "{input}");
        }
        assert_eq!(Site::parse("eu.myconnectwise.net", &config).unwrap().to_string(), "api-eu.myconnectwise.net");
    }

    proptest! {
        #[test]
        fn only_known_hosts_are_called(input in "(https?://)?[a-z0-9@:./\\\\?#%\\[\\] -]{0,20}(na\\.myconnectwise\\.net|cw\\.example\\.com)?[a-z0-9@:./\\\\?#-]{0,12}") {
            if let Ok(site) = Site::parse(&input, &config(None)) {
                let url = site.origin(&config(None));
                let host = url.host_str().unwrap();
                prop_assert_eq!(url.as_str(), format!("https://{host}/"));
                let known = CLOUDS.iter().any(|cloud| host.ends_with(cloud) && host.starts_with(API));
                prop_assert!(known || host == "cw.example.com" || host.ends_with(".msp.example"), "{}", url);
            }
        }
    }
}
