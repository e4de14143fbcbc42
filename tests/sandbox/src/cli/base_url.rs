//! The base URL of a service manager, as an argument.

use std::fmt;
use std::str::FromStr;

use service_manager::endpoints::BASE_PATH;
use url::{Host, Url};

/// An http or https URL that ends in `/api/interworks`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    is_loopback: bool,
    is_completed: bool,
}

impl BaseUrl {
    /// The URL, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host is this machine.
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// The path was added to the argument.
    pub fn is_completed(&self) -> bool {
        self.is_completed
    }
}

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim())
            .map_err(|error| format!("not an absolute URL like https://HOST{BASE_PATH} ({error})"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("the scheme must be https (or http), not {}", url.scheme()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("a base URL has no query (?) and no fragment (#)".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a base URL has no user name or password".to_owned());
        }
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
            Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
            None => false,
        };
        let path = url.path().trim_end_matches('/');
        if !path.is_empty() && !path.ends_with(BASE_PATH) {
            return Err(format!("the path must end in {BASE_PATH}, not {path}"));
        }
        let is_completed = path.is_empty();
        let origin = url.origin().ascii_serialization();
        let path = if is_completed { BASE_PATH } else { path };
        Ok(Self { text: format!("{origin}{path}"), is_loopback, is_completed })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_ends_in_the_base_path_or_is_completed_with_it() {
        for (text, url, is_completed) in [
            ("https://euw.dropmyemail.com/api/interworks", "https://euw.dropmyemail.com/api/interworks", false),
            (" https://A.example/api/interworks/ ", "https://a.example/api/interworks", false),
            ("https://a.example", "https://a.example/api/interworks", true),
            ("http://127.0.0.1:9000/", "http://127.0.0.1:9000/api/interworks", true),
            ("https://a.example/stage/api/interworks", "https://a.example/stage/api/interworks", false),
        ] {
            let parsed: BaseUrl = text.parse().unwrap();
            assert_eq!((parsed.as_str(), parsed.is_completed()), (url, is_completed), "{text}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused_with_the_reason() {
        for (text, reason) in [
            ("nonsense", "not an absolute URL"),
            ("", "not an absolute URL"),
            ("euw.dropmyemail.com/api/interworks", "not an absolute URL"),
            ("localhost:9000", "the scheme must be https"),
            ("ftp://a.example/api/interworks", "the scheme must be https"),
            ("https://a.example/api/interworks?x=1", "no query"),
            ("https://a.example/api/interworks#x", "no fragment"),
            ("https://me:secret@a.example/api/interworks", "no user name"),
            ("https://a.example/api", "must end in /api/interworks"),
            ("https://a.example/api/interworks/fields/get", "must end in /api/interworks"),
        ] {
            let error = text.parse::<BaseUrl>().unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (text, is_loopback) in [
            ("http://127.0.0.1:9000", true),
            ("http://localhost:9000", true),
            ("http://[::1]:9000", true),
            ("http://0.0.0.0:9000", true),
            ("http://10.0.0.1:9000", false),
            ("https://localhost.example.com", false),
        ] {
            assert_eq!(text.parse::<BaseUrl>().unwrap().is_loopback(), is_loopback, "{text}");
        }
    }
}
