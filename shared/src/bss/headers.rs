//! The `X-CloudPlatform-*` headers: the calling installation, the partner's settings, and the id that correlates logs.
//!
//! Secrets are wrapped as soon as they are read from the header map, so `Debug` never shows them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// GUID of the BSS installation, see [`application_id`].
pub const APPLICATION_ID: &str = "x-cloudplatform-applicationid";
/// The installation's API key, see [`api_key`].
pub const API_KEY: &str = "x-cloudplatform-apikey";
/// Prefix of the names of settings headers, see [`Settings`].
pub const SETTING_PREFIX: &str = "x-cloudplatform-setting-";
/// Correlation id of the BSS action, see [`track_id`].
pub const TRACK_ID: &str = "x-cloudplatform-trackid";

/// Maximum length of a [`track_id`], in characters.
pub const TRACK_ID_MAX: usize = 100;

/// Standard base64; only the padding is optional.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The partner's values for the fields of `fields/get`: its credentials at the vendor.
#[derive(Debug, Clone, Default)]
pub struct Settings(BTreeMap<String, SecretString>);

impl Settings {
    /// Returns the setting with this field id, in any letter case. Several values are joined with `|`; empty values are
    /// omitted.
    pub fn get(&self, field: &str) -> Option<&SecretString> {
        self.0.get(&field.to_ascii_lowercase())
    }

    /// Returns all settings in plain text, by field id in lower case. Use it only to encrypt them.
    pub fn expose(&self) -> BTreeMap<&str, &str> {
        self.0.iter().map(|(field, value)| (field.as_str(), value.expose_secret())).collect()
    }
}

impl FromIterator<(String, String)> for Settings {
    /// Restores settings from the pairs that [`expose`](Settings::expose) returned.
    fn from_iter<T: IntoIterator<Item = (String, String)>>(settings: T) -> Self {
        Self(settings.into_iter().map(|(field, value)| (field, value.into())).collect())
    }
}

impl From<&HeaderMap> for Settings {
    /// Reads all settings headers. Values that are not UTF-8 are ignored.
    fn from(headers: &HeaderMap) -> Self {
        let setting = |name: &http::HeaderName| {
            let field = name.as_str().strip_prefix(SETTING_PREFIX)?;
            let values: Vec<&str> = headers.get_all(name).iter().filter_map(non_blank).collect();
            (!values.is_empty()).then(|| (field.to_owned(), values.join("|").into()))
        };
        Self(headers.keys().filter_map(setting).collect())
    }
}

fn non_blank(value: &HeaderValue) -> Option<&str> {
    std::str::from_utf8(value.as_bytes()).ok().filter(|text| !text.trim().is_empty())
}

/// Returns the id of the calling installation: a GUID in any letter case, with or without braces and hyphens.
pub fn application_id(headers: &HeaderMap) -> Option<Uuid> {
    let text = non_blank(headers.get(APPLICATION_ID)?)?.trim();
    let bare = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    Uuid::try_parse(bare).ok()
}

/// Returns the installation's API key. The header is the base64 of the key's UTF-8 bytes. Returns `None` if the header
/// is malformed or empty.
pub fn api_key(headers: &HeaderMap) -> Option<SecretString> {
    let bytes = BASE64.decode(non_blank(headers.get(API_KEY)?)?.trim()).ok()?;
    String::from_utf8(bytes).ok().filter(|key| !key.is_empty()).map(SecretString::from)
}

/// Returns the correlation id of the BSS action in a form that is safe to log: only its visible ASCII characters, at
/// most [`TRACK_ID_MAX`].
pub fn track_id(headers: &HeaderMap) -> Option<String> {
    let bytes = headers.get(TRACK_ID)?.as_bytes().iter();
    let visible: String =
        bytes.filter(|byte| byte.is_ascii_graphic()).take(TRACK_ID_MAX).map(|&byte| char::from(byte)).collect();
    (!visible.is_empty()).then_some(visible)
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
    use http::HeaderName;
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    fn headers(pairs: &[(&str, &[u8])]) -> HeaderMap {
        let pair = |(name, value): &(&str, &[u8])| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_bytes(value).unwrap())
        };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs.iter().map(pair) {
            headers.append(name, value);
        }
        headers
    }

    fn setting(pairs: &[(&str, &[u8])], field: &str) -> Option<String> {
        Settings::from(&headers(pairs)).get(field).map(|value| value.expose_secret().to_owned())
    }

    #[test]
    fn a_setting_is_found_in_any_letter_case() {
        let pairs: &[(&str, &[u8])] = &[("X-CloudPlatform-Setting-ResellerToken", b"t-1"), ("X-Other", b"o")];
        assert_eq!(setting(pairs, "resellertoken").as_deref(), Some("t-1"));
        assert_eq!(setting(pairs, "RESELLERToken").as_deref(), Some("t-1"));
        assert_eq!(setting(pairs, "other"), None);
    }

    #[test]
    fn several_values_are_joined_and_empty_values_are_omitted() {
        const NAME: &str = "X-CloudPlatform-Setting-Regions";
        assert_eq!(setting(&[(NAME, b"eu"), (NAME, b" "), (NAME, b"us|ca")], "Regions").as_deref(), Some("eu|us|ca"));
        assert_eq!(setting(&[(NAME, b" \t")], "Regions"), None);
        assert_eq!(setting(&[(NAME, b"")], "Regions"), None);
    }

    #[test]
    fn a_setting_may_be_utf8_but_no_other_encoding() {
        const NAME: &str = "X-CloudPlatform-Setting-Company";
        assert_eq!(setting(&[(NAME, "Müller".as_bytes())], "Company").as_deref(), Some("Müller"));
        assert_eq!(setting(&[(NAME, b"M\xFCller")], "Company"), None);
    }

    #[test]
    fn debug_hides_settings() {
        let settings = Settings::from(&headers(&[("X-CloudPlatform-Setting-Token", b"swordfish")]));
        let debug = format!("{settings:?}");
        assert!(debug.contains("token") && !debug.contains("swordfish"), "{debug}");
    }

    #[test]
    fn an_application_id_is_a_guid_in_any_spelling() {
        let expected = Uuid::from_u128(0xB1A7_C0DE_0000_4000_8000_0000_0000_0001);
        for text in [
            "B1A7C0DE-0000-4000-8000-000000000001",
            "b1a7c0de-0000-4000-8000-000000000001",
            "{B1A7C0DE-0000-4000-8000-000000000001}",
            "B1A7C0DE000040008000000000000001",
            "{b1a7c0de000040008000000000000001}",
            " B1A7C0DE-0000-4000-8000-000000000001 ",
        ] {
            assert_eq!(
                application_id(&headers(&[("X-CloudPlatform-ApplicationId", text.as_bytes())])),
                Some(expected),
                "{text}"
            );
        }
        for text in ["", "B1A7C0DE", "{B1A7C0DE-0000-4000-8000-000000000001", "not a guid"] {
            assert_eq!(application_id(&headers(&[("X-CloudPlatform-ApplicationId", text.as_bytes())])), None, "{text}");
        }
        assert_eq!(application_id(&HeaderMap::new()), None);
    }

    fn key(value: &[u8]) -> Option<String> {
        api_key(&headers(&[("X-CloudPlatform-APIKey", value)])).map(|key| key.expose_secret().to_owned())
    }

    #[test]
    fn an_api_key_header_is_the_base64_of_the_key() {
        assert_eq!(key(b"bG9jYWwtZGVtby1rZXk=").as_deref(), Some("local-demo-key"));
        assert_eq!(key(b" bG9jYWwtZGVtby1rZXk ").as_deref(), Some("local-demo-key"));
        assert_eq!(key(b"Pz8/").as_deref(), Some("???"));
        for wrong in [b"".as_slice(), b" ", b"local-demo-key", b"Pz8_", b"/w==", b"\xFF"] {
            assert_eq!(key(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_track_id_is_safe_to_log() {
        let id = |value: &[u8]| track_id(&headers(&[("X-CloudPlatform-TrackId", value)]));
        assert_eq!(id(b"a-1").as_deref(), Some("a-1"));
        assert_eq!(id(b" a\t1 \xC3\xBC").as_deref(), Some("a1"));
        assert_eq!(id(&[b'x'; 300]).map(|id| id.len()), Some(TRACK_ID_MAX));
        assert_eq!(id(b" \xFF"), None);
    }

    proptest! {
        #[test]
        fn any_key_is_decoded_with_and_without_padding(text in ".+") {
            let encoded = BASE64_STANDARD.encode(&text);
            prop_assert_eq!(key(encoded.as_bytes()), Some(text.clone()));
            prop_assert_eq!(key(encoded.trim_end_matches('=').as_bytes()), Some(text));
        }

        #[test]
        fn arbitrary_header_values_never_panic(value in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                let headers = [APPLICATION_ID, API_KEY, TRACK_ID, "x-cloudplatform-setting-a"]
                    .map(|name| (HeaderName::from_static(name), value.clone())).into_iter().collect();
                let _ = (application_id(&headers), api_key(&headers), track_id(&headers), Settings::from(&headers));
            }
        }
    }
}
