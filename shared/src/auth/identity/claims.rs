//! The claims of an ID token that name a person.

use openidconnect::core::{CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreTokenType};
use openidconnect::{
    AdditionalClaims, EmptyExtraTokenFields, IdTokenClaims, IdTokenFields, IssuerUrl, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::error::IdentityError;
use crate::domain::person::PersonAddress;

/// Part of an issuer of Microsoft Entra ID before the tenant's id, and after it.
const ENTRA: [&str; 2] = ["https://login.microsoftonline.com/", "/v2.0"];

/// The tenant of all personal Microsoft accounts.
const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The answer of a token endpoint.
pub(super) type Tokens = StandardTokenResponse<
    IdTokenFields<
        EntraClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// The claims of an ID token.
pub(super) type Claims = IdTokenClaims<EntraClaims, CoreGenderClaim>;

/// Claims of Microsoft Entra ID.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct EntraClaims {
    /// Tells that the owner of the domain of `email` is verified ("email domain owner verified"). The address of a guest
    /// can have it too. Entra sends it in place of `email_verified`, in more than one form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    xms_edov: Option<Value>,
}

impl AdditionalClaims for EntraClaims {}

impl EntraClaims {
    fn is_verified(&self) -> bool {
        match &self.xms_edov {
            Some(Value::Bool(is_verified)) => *is_verified,
            Some(Value::Number(number)) => number.as_u64() == Some(1),
            Some(Value::String(text)) => matches!(text.as_str(), "1" | "true"),
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => false,
        }
    }
}

/// A person as an ID token names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPerson {
    /// The verified address.
    pub address: PersonAddress,
    /// The id of the person at the provider.
    pub subject: String,
}

impl NamedPerson {
    /// Returns the person of the claims, if the provider says that the address is verified.
    ///
    /// # Errors
    /// [`IdentityError::AddressNotVerified`].
    pub(super) fn of(issuer: &IssuerUrl, claims: &Claims) -> Result<Self, IdentityError> {
        let address = verified_address(issuer, claims)?;
        Ok(Self { address, subject: claims.subject().as_str().to_owned() })
    }
}

/// Returns the address of the person, if the provider says that it is verified.
///
/// # Errors
/// [`IdentityError::AddressNotVerified`].
fn verified_address(issuer: &IssuerUrl, claims: &Claims) -> Result<PersonAddress, IdentityError> {
    let is_verified = claims.email_verified() == Some(true)
        || is_tenant_of_entra(issuer.as_str()) && claims.additional_claims().is_verified();
    let address = claims.email().filter(|_| is_verified);
    address.and_then(|address| PersonAddress::parse(address.as_str())).ok_or(IdentityError::AddressNotVerified)
}

/// Returns `true` for the issuer of one organization's tenant. That of all tenants proves nothing about an address, nor does that
/// of personal accounts.
fn is_tenant_of_entra(issuer: &str) -> bool {
    let [before, after] = ENTRA;
    let tenant = issuer.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    // Other ways to write an id are not accepted.
    tenant.is_some_and(|tenant| Uuid::try_parse(tenant).is_ok_and(|id| id.hyphenated().to_string() == tenant))
        && tenant != Some(PERSONAL_ACCOUNTS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TENANT: &str = "https://login.microsoftonline.com/0f8fad5b-d9cb-469f-a165-70867728950e/v2.0";

    fn address(issuer: &str, name: &str, value: &Value) -> Result<String, IdentityError> {
        let claims = json!({
            "iss": issuer, "aud": "portal", "exp": 2_000_000_000, "iat": 1_900_000_000, "auth_time": 1_900_000_000, "sub": "p-1",
            "email": "Zoe@msp.example", name: value,
        });
        let claims: Claims = serde_json::from_value(claims).unwrap();
        let issuer = IssuerUrl::new(issuer.to_owned()).unwrap();
        verified_address(&issuer, &claims).map(|address| address.to_string())
    }

    #[test]
    fn a_tenant_of_entra_verifies_an_address_by_its_own_claim() {
        for value in [json!(true), json!(1), json!("1"), json!("true")] {
            assert_eq!(address(TENANT, "xms_edov", &value).as_deref(), Ok("zoe@msp.example"), "{value}");
        }
        for value in [json!(false), json!(0), json!(2), json!("0"), json!("yes"), json!([true]), json!(null)] {
            let refused = address(TENANT, "xms_edov", &value);
            assert_eq!(refused, Err(IdentityError::AddressNotVerified), "{value}");
        }
        assert!(address(TENANT, "name", &json!("Zoe")).is_err(), "an address alone is not verified");
        assert!(address(TENANT, "email_verified", &json!(true)).is_ok());
    }

    #[test]
    fn no_other_issuer_has_that_claim() {
        for issuer in [
            "https://msp.okta.com",
            "https://login.microsoftonline.com/common/v2.0",
            "https://login.microsoftonline.com/organizations/v2.0",
            "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
            "https://login.microsoftonline.com/0F8FAD5B-D9CB-469F-A165-70867728950E/v2.0",
            "https://login.microsoftonline.com/0f8fad5bd9cb469fa16570867728950e/v2.0",
            "https://login.microsoftonline.com/0f8fad5b-d9cb-469f-a165-70867728950e/v2.0/",
            "https://login.microsoftonline.com/0f8fad5b-d9cb-469f-a165-70867728950e",
            "https://login.microsoftonline.com.evil.example/0f8fad5b-d9cb-469f-a165-70867728950e/v2.0",
        ] {
            assert!(address(issuer, "xms_edov", &json!(true)).is_err(), "{issuer}");
            assert!(address(issuer, "email_verified", &json!(true)).is_ok(), "{issuer}");
        }
    }
}
