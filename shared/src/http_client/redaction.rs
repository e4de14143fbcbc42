//! Removes credentials from the words of responses, before anything reads them: a vendor may quote the token that it
//! rejects, and its words reach people and the log.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};

/// Replaces a credential in a text.
pub(crate) const REDACTED: &str = "[redacted]";

/// Minimum length of a part of a credential that is searched for, in bytes. A shorter one occurs in ordinary words.
const MIN_LEN: usize = 6;

/// Returns the body without the credentials of its request. In a successful response a text that equals a credential is
/// kept, because it is data: a vendor's list has the token of each organization.
pub(super) fn redact(credentials: &[(&'static str, SecretString)], is_success: bool, body: Bytes) -> Bytes {
    let secrets = secrets(credentials);
    // Text that is not UTF-8 can only be an error's: JSON is UTF-8.
    let text = String::from_utf8_lossy(&body);
    if !secrets.iter().any(|secret| text.contains(secret.as_str())) {
        return body;
    }
    let redacted = secrets.iter().fold(text.into_owned(), |text, secret| replace(&text, secret, is_success));
    Bytes::from(redacted)
}

fn replace(text: &str, secret: &str, keeps_values: bool) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(secret) {
        redacted.push_str(before);
        let is_value = before.ends_with('"') && after.starts_with('"');
        redacted.push_str(if keeps_values && is_value { secret } else { REDACTED });
        rest = after;
    }
    redacted.push_str(rest);
    redacted
}

/// Returns the texts that reveal the credentials, the longest first: the value of each header, the value without its scheme,
/// and the decoded user name and password of basic authentication. Each also as JSON may escape it.
fn secrets(credentials: &[(&'static str, SecretString)]) -> Vec<String> {
    let mut secrets = Vec::new();
    for (_, value) in credentials {
        let value = value.expose_secret();
        secrets.push(value.to_owned());
        let Some((_, token)) = value.split_once(' ') else { continue };
        secrets.push(token.to_owned());
        let decoded = STANDARD.decode(token).ok().and_then(|decoded| String::from_utf8(decoded).ok());
        if let Some((user, password)) = decoded.as_deref().and_then(|pair| pair.split_once(':')) {
            // ConnectWise's user name is company+key, and the company is no secret.
            let key = user.split_once('+').map_or(user, |(_, key)| key);
            secrets.extend([format!("{user}:{password}"), password.to_owned(), key.to_owned()]);
        }
    }
    let escaped: Vec<_> =
        secrets.iter().filter(|text| text.contains('/')).map(|text| text.replace('/', "\\/")).collect();
    secrets.extend(escaped);
    secrets.retain(|secret| secret.len() >= MIN_LEN);
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "11111111-1111-4111-8111-111111111111";

    fn redacted(credential: &str, is_success: bool, body: &str) -> String {
        let body = redact(&[("authorization", credential.into())], is_success, Bytes::copy_from_slice(body.as_bytes()));
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[test]
    fn a_quoted_token_is_redacted_and_a_listed_one_is_kept() {
        let body =
            format!(r#"{{"message": "The token {TOKEN} is unknown", "token": "{TOKEN}", "again": "{TOKEN}x{TOKEN}"}}"#);
        assert_eq!(
            redacted(TOKEN, true, &body),
            format!(
                r#"{{"message": "The token [redacted] is unknown", "token": "{TOKEN}", "again": "[redacted]x[redacted]"}}"#
            )
        );
        assert!(!redacted(TOKEN, false, &body).contains(TOKEN));
        assert_eq!(redacted(TOKEN, false, "<html>fine</html>"), "<html>fine</html>");
    }

    #[test]
    fn parts_of_basic_authentication_are_redacted() {
        // demo+publickey:private/key
        let header = "Basic ZGVtbytwdWJsaWNrZXk6cHJpdmF0ZS9rZXk=";
        for quoted in [header, &header[6..], "publickey", "private/key", "private\\/key", "demo+publickey:private/key"]
        {
            assert_eq!(redacted(header, false, &format!("no {quoted} here")), "no [redacted] here", "{quoted}");
        }
        assert_eq!(redacted(header, false, "company demo"), "company demo");
    }

    #[test]
    fn a_short_credential_is_not_searched_for() {
        assert_eq!(redacted("a", false, "a plan"), "a plan");
    }
}
