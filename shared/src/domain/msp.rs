//! MSPs: partners of the vendor that run their business in ConnectWise.

use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};
use url::Url;
use uuid::{Builder, Uuid};

use crate::domain::ids::ApplicationId;

/// Version of UUIDs that are derived in a way of one's own.
const DERIVED: usize = 8;

/// The id of an MSP. It is derived from the vendor's address and the partner's reseller token, so it does not change
/// when the partner's access token changes, and it does not reveal a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MspId(Uuid);

impl MspId {
    /// Returns the id of the partner with this token at the vendor with the base URL `base`.
    pub fn from_reseller_token(base: &Url, reseller_token: &SecretString) -> Self {
        let token = reseller_token.expose_secret().trim().to_ascii_lowercase();
        let digest: [u8; 32] = Sha256::digest(format!("{}\n{token}", base.origin().ascii_serialization())).into();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest).for_each(|(byte, digest_byte)| *byte = digest_byte);
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Reads an id that a person has sent. A token in its place is refused, and the error does not repeat it: ids are UUIDs of
    /// version 8, which the vendor's tokens are not.
    ///
    /// # Errors
    /// It is no id of a reseller token.
    pub fn deserialize_derived<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let id = Uuid::parse_str(&text).ok().filter(|id| id.get_version_num() == DERIVED);
        id.map(Self).ok_or_else(|| D::Error::custom("not the id of a reseller token. Send the id, not the token"))
    }

    /// Returns the application id under which records that the MSP creates in the portal are stored.
    pub fn as_application_id(self) -> ApplicationId {
        ApplicationId::new(self.0)
    }

    /// Returns the MSP with this [application id](Self::as_application_id). Only an MSP that is enrolled under it exists.
    pub fn of_application(application: ApplicationId) -> Self {
        Self(application.as_uuid())
    }
}

impl fmt::Display for MspId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for MspId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_msp_is_identified_by_vendor_and_reseller_token() {
        let id = |base: &str, token: &str| MspId::from_reseller_token(&base.parse().unwrap(), &token.into());
        let token = "11111111-1111-4111-8111-111111111111";
        assert_eq!(
            id("https://euw.example/api", token),
            id("https://EUW.example/", " 11111111-1111-4111-8111-111111111111 ")
        );
        assert_ne!(id("https://euw.example", token), id("https://euc.example", token));
        assert!(!id("https://euw.example", token).to_string().contains("1111-4111"));
    }

    #[test]
    fn a_token_that_is_sent_in_place_of_its_id_is_refused_and_not_repeated() {
        let token = "11111111-1111-4111-8111-111111111111";
        let id = MspId::from_reseller_token(&"https://euw.example".parse().unwrap(), &token.into());
        let read = |text: &str| MspId::deserialize_derived(serde_json::json!(text));
        assert_eq!(read(&id.to_string()).unwrap(), id);
        for text in [token, "1111"] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("Send the id") && !error.contains("1111"), "{error}");
        }
    }
}
