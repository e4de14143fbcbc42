//! How a request carries the token of its session: a program in the header `Authorization`, a page in a cookie.
//!
//! A browser sends the cookie by itself, also with a request that another site makes. So the cookie counts only with a
//! request that the browser attributes to our own origin, and a `POST` must also have a content type that no form can send.
//! `SameSite=Strict` and the prefix `__Host-` are a second line: a browser that honours them neither sends the cookie with
//! another site's request nor takes one from a neighbouring host.

use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::auth::session::{MAX_LIFETIME, unauthorized};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;

/// Name of the cookie.
pub const COOKIE_NAME: &str = "__Host-session";

/// Name of the cookie with the secret of a sign-in that is under way.
pub const SIGN_IN_COOKIE: &str = "__Host-sign-in";

/// Attributes of the cookie, besides its age. Browsers that count `http://127.0.0.1` and `http://localhost` as secure, such
/// as Chromium and Firefox, keep it on a local stack too.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Returns the token that a request carries. The header `Authorization`, if there is one, decides alone.
///
/// # Errors
/// [`ErrorCode::SessionInvalid`] if there is none, or a cookie comes with a request that is not our own page's.
pub fn token(method: &Method, headers: &HeaderMap) -> Result<SecretString, ServiceError> {
    if headers.contains_key(AUTHORIZATION) {
        return bearer(headers).ok_or_else(unauthorized);
    }
    let token = cookie(headers, COOKIE_NAME).ok_or_else(unauthorized)?;
    if !is_same_origin(headers) || (*method == Method::POST && !has_json(headers)) {
        return Err(ServiceError::new(
            ErrorCode::SessionInvalid,
            "The cookie counts only with a request of the portal's own page: Sec-Fetch-Site is same-origin, or Origin is the portal's; and a POST has the content type application/json. A program sends its token in the header Authorization: Bearer TOKEN.",
        ));
    }
    Ok(token)
}

/// Returns the token of the header `Authorization: Bearer TOKEN`.
pub fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(token.trim()))
}

/// Returns `true` if the browser says that a page of our own origin makes the request.
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (text(SEC_FETCH_SITE), text(ORIGIN), text(HOST)) {
        (Some(site), _, _) => site == "same-origin",
        (None, Some(origin), Some(host)) => names(origin, host),
        (None, _, _) => false,
    }
}

/// Returns `true` if `origin` is that of `host`. It must be encrypted, unless the host is this machine.
fn names(origin: &str, host: &str) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    let is_local = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    (url.scheme() == "https" || is_local) && authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

fn has_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    declared.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// Returns the cookie's value. A gateway may join several headers by commas, which no value has. Two cookies of the name
/// are none: a browser has one.
fn cookie(headers: &HeaderMap, cookie: &str) -> Option<SecretString> {
    let all = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split([';', ','])).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(name, _)| *name == cookie).map(|(_, value)| value);
    let value = values.next().filter(|value| !value.is_empty())?;
    values.next().is_none().then(|| SecretString::from(value))
}

/// Returns the value of `Set-Cookie` that gives a page its session.
///
/// # Errors
/// [`ErrorCode::Internal`]; no token of ours causes it.
pub fn give(token: &SecretString) -> Result<HeaderValue, ServiceError> {
    secret_cookie(COOKIE_NAME, token, MAX_LIFETIME)
}

/// Returns the value of `Set-Cookie` that gives a browser the secret of its sign-in, for `lifetime`.
///
/// # Errors
/// [`ErrorCode::Internal`]; no secret of ours causes it.
pub fn give_sign_in(secret: &SecretString, lifetime: SignedDuration) -> Result<HeaderValue, ServiceError> {
    secret_cookie(SIGN_IN_COOKIE, secret, lifetime)
}

/// Returns the secret of a sign-in that this browser began. It counts with a request of our own page only.
pub fn sign_in_secret(headers: &HeaderMap) -> Option<SecretString> {
    cookie(headers, SIGN_IN_COOKIE).filter(|_| is_same_origin(headers) && has_json(headers))
}

fn secret_cookie(name: &str, secret: &SecretString, lifetime: SignedDuration) -> Result<HeaderValue, ServiceError> {
    let value = format!("{name}={}; {ATTRIBUTES}; Max-Age={}", secret.expose_secret(), lifetime.as_secs());
    let mut value = HeaderValue::from_str(&value).map_err(ServiceError::internal)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Returns the value of `Set-Cookie` that takes the session of a page back.
///
/// # Errors
/// [`ErrorCode::Internal`]; nothing causes it.
pub fn take_back() -> Result<HeaderValue, ServiceError> {
    HeaderValue::from_str(&format!("{COOKIE_NAME}=; {ATTRIBUTES}; Max-Age=0")).map_err(ServiceError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let parsed = pairs
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()));
        let mut headers = HeaderMap::new();
        for (name, value) in parsed {
            headers.append(name, value);
        }
        headers
    }

    fn carried(method: &Method, pairs: &[(&str, &str)]) -> Option<String> {
        token(method, &headers(pairs)).ok().map(|token| token.expose_secret().to_owned())
    }

    const SET: (&str, &str) = ("cookie", "a=b; __Host-session=t0; c=d");
    const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");
    const JSON: (&str, &str) = ("content-type", "application/json");

    #[test]
    fn a_cookie_counts_with_our_own_pages_requests_only() {
        let own = Some("t0".to_owned());
        let host = ("host", "portal.example");
        assert_eq!(carried(&Method::GET, &[SET, SAME]), own);
        assert_eq!(carried(&Method::GET, &[SET, host, ("origin", "https://portal.example")]), own);
        assert_eq!(carried(&Method::POST, &[SET, SAME, JSON]), own);
        assert_eq!(carried(&Method::POST, &[SET, SAME, ("content-type", "Application/JSON; charset=utf-8")]), own);
        let local = [SET, ("host", "127.0.0.1:9000"), ("origin", "http://127.0.0.1:9000")];
        assert_eq!(carried(&Method::GET, &local), own);
        for refused in [
            vec![SET],
            vec![SET, ("sec-fetch-site", "cross-site")],
            vec![SET, ("sec-fetch-site", "same-site")],
            vec![SET, ("sec-fetch-site", "none")],
            vec![SET, ("sec-fetch-site", "cross-site"), host, ("origin", "https://portal.example")],
            vec![SET, host, ("origin", "https://evil.example")],
            vec![SET, host, ("origin", "http://portal.example")],
            vec![SET, host, ("origin", "null")],
            vec![SET, ("origin", "https://portal.example")],
            vec![SET, host, ("origin", "https://portal.example:444")],
            vec![SET, host, ("referer", "https://portal.example/portal")],
        ] {
            assert_eq!(carried(&Method::GET, &refused), None, "{refused:?}");
        }
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"] {
            assert_eq!(carried(&Method::POST, &[SET, SAME, ("content-type", content_type)]), None, "{content_type}");
        }
        assert_eq!(carried(&Method::POST, &[SET, SAME]), None);
    }

    #[test]
    fn a_programs_header_decides_alone() {
        assert_eq!(carried(&Method::POST, &[("authorization", "Bearer t1")]), Some("t1".to_owned()));
        assert_eq!(carried(&Method::GET, &[("authorization", "bearer  t1 "), SET, SAME]), Some("t1".to_owned()));
        for other in ["Basic dTpw", "Bearer", "t1", ""] {
            assert_eq!(carried(&Method::GET, &[("authorization", other), SET, SAME]), None, "{other}");
        }
    }

    #[test]
    fn cookies_are_found_however_they_are_joined() {
        let of = |cookies: &[&str]| {
            let pairs: Vec<_> = cookies.iter().map(|cookie| ("cookie", *cookie)).collect();
            cookie(&headers(&pairs), COOKIE_NAME).map(|value| value.expose_secret().to_owned())
        };
        for joined in [vec!["__Host-session=t0"], vec!["a=b", "__Host-session=t0"], vec!["a=b,__Host-session=t0;c=d"]] {
            assert_eq!(of(&joined), Some("t0".to_owned()), "{joined:?}");
        }
        for none in ["", "session=t0", "__host-session=t0", "__Host-session=", "__Host-session"] {
            assert_eq!(of(&[none]), None, "{none}");
        }
        assert_eq!(of(&["__Host-session=t0; __Host-session=t1"]), None);
    }

    #[test]
    fn the_secret_of_a_sign_in_counts_with_our_own_page_only() {
        let secret =
            |pairs: &[(&str, &str)]| sign_in_secret(&headers(pairs)).map(|secret| secret.expose_secret().to_owned());
        let begun = ("cookie", "__Host-session=t0; __Host-sign-in=s0");
        assert_eq!(secret(&[begun, SAME, JSON]), Some("s0".to_owned()));
        assert_eq!(secret(&[begun, ("sec-fetch-site", "cross-site"), JSON]), None);
        assert_eq!(secret(&[begun, SAME, ("content-type", "text/plain")]), None);
        assert_eq!(secret(&[SET, SAME, JSON]), None);
        let given = give_sign_in(&"s0".into(), SignedDuration::from_mins(10)).unwrap();
        assert_eq!(given, "__Host-sign-in=s0; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=600");
    }

    #[test]
    fn the_cookie_is_strict_and_hidden_from_scripts() {
        let given = give(&"t0".into()).unwrap();
        assert_eq!(given, "__Host-session=t0; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=28800");
        assert!(!format!("{given:?}").contains("t0"), "a token in a log");
        assert_eq!(take_back().unwrap(), "__Host-session=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
    }
}
