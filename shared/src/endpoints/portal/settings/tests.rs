//! Tests of the request with the credentials.

use secrecy::ExposeSecret;

use super::*;

#[test]
fn absent_members_are_blank_and_misspelt_members_are_rejected() {
    let request: CredentialsRequest = serde_json::from_str("{}").unwrap();
    assert!(request.private_key.expose_secret().is_empty() && request.site_url.is_empty());
    assert!(serde_json::from_str::<CredentialsRequest>(r#"{"privatekey": "x"}"#).is_err());
}
