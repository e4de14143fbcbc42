//! An identity provider: its documents, the address of a sign-in, and the exchange of a code for the person's address.

use std::borrow::Cow;
use std::fmt::Display;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient,
    CoreClientAuthMethod, CoreGrantType, CoreIdTokenVerifier, CoreJsonWebKey, CoreJsonWebKeySet,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode,
    CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, ClaimsVerificationError, ClientId, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, ProviderMetadata, RedirectUrl, Scope, TokenResponse,
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use super::attempt::SignInAttempt;
use super::claims::{NamedPerson, Tokens};
use super::config::IdentityConfig;
use super::error::IdentityError;
use crate::http_client::{Deadline, Effect, HttpClient, JSON, OutboundCallLog, Request};

/// Signatures that are accepted. A signature that is made with the client's secret is none: it proves only that its maker
/// knows the secret.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Path of the provider's description, below its issuer.
const DESCRIPTION: &str = ".well-known/openid-configuration";

/// Time by which the clocks of the provider and of ours may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// A provider's description.
type Metadata = ProviderMetadata<
    ResponseMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Member of a provider's description that the library does not have (RFC 9207, section 3).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ResponseMetadata {
    /// `true` if the provider names itself as it sends a person back.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for ResponseMetadata {}

/// The client of all MSPs' identity providers: one per process.
#[derive(Clone, Debug)]
pub struct IdentityProviders {
    config: IdentityConfig,
    http_client: HttpClient,
}

/// A client's secret at its provider.
#[derive(Clone, Debug)]
pub struct ClientSecret(SecretString);

impl ClientSecret {
    /// Returns the secret `text`.
    pub fn new(text: SecretString) -> Self {
        Self(text)
    }
}

/// An identity provider, as its own documents describe it.
#[derive(Debug)]
pub struct Provider<'a> {
    providers: &'a IdentityProviders,
    metadata: Metadata,
    token_endpoint: Url,
    client_id: ClientId,
}

impl IdentityProviders {
    /// Returns the client, which uses the connections of `http_client`.
    pub fn new(config: IdentityConfig, http_client: HttpClient) -> Self {
        Self { config, http_client }
    }

    /// Reads the description and the keys of the provider with this issuer. Each address that a sign-in needs is allowed.
    ///
    /// # Errors
    /// [`IdentityError::NotAllowed`] for an address of another host, [`IdentityError::Unavailable`].
    pub async fn discover(
        &self,
        issuer: &str,
        client_id: &str,
        deadline: Deadline,
        log: &OutboundCallLog,
    ) -> Result<Provider<'_>, IdentityError> {
        let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|error| unexpected(&error))?;
        let url = issuer.join(DESCRIPTION).map_err(|error| unexpected(&error))?;
        let metadata: Metadata =
            self.read("identity.discover", "issuer", url, "/.well-known/openid-configuration", deadline, log).await?;
        // Another issuer's description would let that one sign the MSP's people in.
        if metadata.issuer().as_str() != issuer.as_str() {
            return Err(IdentityError::Unavailable { reason: "the description names another issuer".to_owned() });
        }
        self.check("sign-in page", metadata.authorization_endpoint().url())?;
        let token_endpoint = metadata.token_endpoint().map(|endpoint| endpoint.url().clone());
        let token_endpoint = token_endpoint.ok_or_else(|| unexpected(&"the description has no token endpoint"))?;
        self.check("token endpoint", &token_endpoint)?;
        let keys = metadata.jwks_uri().url().clone();
        let keys: CoreJsonWebKeySet = self.read("identity.keys", "keys", keys, "/keys", deadline, log).await?;
        let metadata = metadata.set_jwks(keys);
        Ok(Provider { providers: self, metadata, token_endpoint, client_id: ClientId::new(client_id.to_owned()) })
    }

    /// Reads a document of a provider.
    async fn read<T: DeserializeOwned>(
        &self,
        name: &'static str,
        part: &'static str,
        url: Url,
        path: &'static str,
        deadline: Deadline,
        log: &OutboundCallLog,
    ) -> Result<T, IdentityError> {
        self.check(part, &url)?;
        let request = Request {
            name,
            effect: Effect::Read,
            method: Method::GET,
            url,
            path_template: Cow::Borrowed(path),
            credentials: Vec::new(),
            accept: JSON,
            body: None,
        };
        let response = self.http_client.send(&request, deadline, log).await?;
        if response.status != StatusCode::OK {
            let reason = format!("{name}: status {}", response.status.as_u16());
            return Err(IdentityError::Unavailable { reason });
        }
        serde_json::from_slice(&response.body).map_err(|error| {
            // The error of Serde may quote a value.
            IdentityError::Unavailable { reason: format!("{name}: no such document, line {}", error.line()) }
        })
    }

    fn check(&self, part: &'static str, url: &Url) -> Result<(), IdentityError> {
        if self.config.allows(url) {
            return Ok(());
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        Err(IdentityError::NotAllowed { part, host })
    }
}

impl Provider<'_> {
    /// Returns the address at which a person signs in, anew also if another session of the person exists.
    pub fn sign_in_url(&self, redirect: Url, attempt: &SignInAttempt) -> Url {
        let (state, nonce) = (attempt.state(), attempt.nonce());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(attempt.verifier()));
        let client = CoreClient::from_provider_metadata(self.metadata.clone(), self.client_id.clone(), None)
            .set_redirect_uri(RedirectUrl::from_url(redirect));
        let (url, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scope(Scope::new("email".to_owned()))
            .add_prompt(CoreAuthPrompt::Login)
            .set_max_age(Duration::ZERO)
            .set_pkce_challenge(challenge)
            .url();
        url
    }

    /// Checks the issuer with which a person was sent back (RFC 9207, section 2.4). The description says if there must be one.
    ///
    /// # Errors
    /// [`IdentityError::OtherProvider`].
    pub fn check_answer(&self, issuer: Option<&str>) -> Result<(), IdentityError> {
        let is_required = self.metadata.additional_metadata().authorization_response_iss_parameter_supported;
        match issuer {
            Some(issuer) if issuer == self.metadata.issuer().as_str() => Ok(()),
            None if !is_required => Ok(()),
            Some(_) | None => Err(IdentityError::OtherProvider),
        }
    }

    /// Exchanges the code of a sign-in that began at `since` for the person, with a verified address.
    ///
    /// # Errors
    /// The provider refuses the client or the code; the ID token is not valid, another sign-in's, or older than `since`; the
    /// address is not verified.
    pub async fn person(
        &self,
        code: &SecretString,
        redirect: &Url,
        attempt: &SignInAttempt,
        secret: &ClientSecret,
        (since, now): (Timestamp, Timestamp),
        (deadline, log): (Deadline, &OutboundCallLog),
    ) -> Result<NamedPerson, IdentityError> {
        let (credentials, form) = self.exchange(code, redirect, attempt, secret);
        let request = Request {
            name: "identity.token",
            effect: Effect::Write,
            method: Method::POST,
            url: self.token_endpoint.clone(),
            path_template: Cow::Borrowed("/token"),
            credentials,
            accept: JSON,
            body: None,
        };
        let response = self.providers.http_client.send_form(&request, &form, deadline, log).await?;
        if response.status != StatusCode::OK {
            return Err(refusal(response.status, &response.body));
        }
        let tokens: Tokens = serde_json::from_slice(&response.body).map_err(|_| invalid("the answer has no tokens"))?;
        let token = tokens.id_token().ok_or_else(|| invalid("the answer has no ID token"))?;
        let verifier = CoreIdTokenVerifier::new_public_client(
            self.client_id.clone(),
            self.metadata.issuer().clone(),
            self.metadata.jwks().clone(),
        )
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || SystemTime::from(now).into())
        .set_auth_time_verifier_fn(move |time| is_fresh(time.map(|time| time.timestamp_millis() / 1000), since, now));
        let claims = token.claims(&verifier, &Nonce::new(attempt.nonce())).map_err(|error| match error {
            ClaimsVerificationError::InvalidAuthTime(_) => IdentityError::NotFresh,
            error => invalid(&kind_of(&error)),
        })?;
        NamedPerson::of(self.metadata.issuer(), claims)
    }

    /// Returns the header and the form of the exchange. RFC 6749, section 2.3.1: the id and the secret of the header are encoded
    /// like a form's.
    fn exchange(
        &self,
        code: &SecretString,
        redirect: &Url,
        attempt: &SignInAttempt,
        ClientSecret(secret): &ClientSecret,
    ) -> (Vec<(&'static str, SecretString)>, SecretString) {
        let verifier = attempt.verifier();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code.expose_secret())
            .append_pair("redirect_uri", redirect.as_str())
            .append_pair("code_verifier", &verifier);
        if self.wants_secret_in_form() {
            form.append_pair("client_id", self.client_id.as_str()).append_pair("client_secret", secret.expose_secret());
            return (Vec::new(), form.finish().into());
        }
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(self.client_id.as_str()), encoded(secret.expose_secret()));
        let header = SecretString::from(format!("Basic {}", STANDARD.encode(pair)));
        (vec![(AUTHORIZATION.as_str(), header)], form.finish().into())
    }

    /// Returns `true` if the provider takes the client's secret in the form only. Without a word of it, the header is right.
    fn wants_secret_in_form(&self) -> bool {
        self.metadata.token_endpoint_auth_methods_supported().is_some_and(|methods| {
            methods.contains(&CoreClientAuthMethod::ClientSecretPost)
                && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
        })
    }
}

/// Checks that the person signed in after the sign-in began here.
fn is_fresh(auth_time: Option<i64>, since: Timestamp, now: Timestamp) -> Result<(), String> {
    let skew = SKEW.as_secs();
    let fresh = since.as_second() - skew..=now.as_second() + skew;
    if auth_time.is_some_and(|time| fresh.contains(&time)) { Ok(()) } else { Err("not signed in anew".to_owned()) }
}

/// Returns the error for an answer of the token endpoint other than 200 (RFC 6749, section 5.2).
fn refusal(status: StatusCode, body: &[u8]) -> IdentityError {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    match serde_json::from_slice(body).map(|Refusal { error }| error).as_deref() {
        Ok("invalid_grant") => IdentityError::CodeRefused,
        Ok("invalid_client" | "unauthorized_client") => IdentityError::ClientRefused,
        Ok(_) | Err(_) if status == StatusCode::UNAUTHORIZED => IdentityError::ClientRefused,
        Ok(_) | Err(_) => IdentityError::Unavailable { reason: format!("identity.token: status {}", status.as_u16()) },
    }
}

/// Returns the kind of an error. Its text may quote claims.
fn kind_of(error: &ClaimsVerificationError) -> String {
    match error {
        ClaimsVerificationError::Expired(_) => "it has expired".to_owned(),
        ClaimsVerificationError::InvalidAudience(_) => "it is for another client".to_owned(),
        ClaimsVerificationError::InvalidIssuer(_) => "it is another issuer's".to_owned(),
        ClaimsVerificationError::InvalidNonce(_) => "it belongs to another sign-in".to_owned(),
        ClaimsVerificationError::SignatureVerification(_) => "its signature is not valid".to_owned(),
        _ => "its claims are not valid".to_owned(),
    }
}

fn invalid(reason: &str) -> IdentityError {
    IdentityError::TokenInvalid { reason: reason.to_owned() }
}

fn unexpected(reason: &impl Display) -> IdentityError {
    IdentityError::Unavailable { reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_is_fresh_if_it_is_later_than_its_beginning() {
        let at = |second: i64| Timestamp::from_second(1_000_000 + second).unwrap();
        let fresh = |time: Option<i64>| is_fresh(time.map(|time| 1_000_000 + time), at(0), at(300)).is_ok();
        assert!(fresh(Some(0)) && fresh(Some(299)) && fresh(Some(-60)) && fresh(Some(360)));
        assert!(!fresh(None) && !fresh(Some(-61)) && !fresh(Some(361)));
    }

    #[test]
    fn a_refusal_tells_who_must_act() {
        let of = |status: StatusCode, body: &str| refusal(status, body.as_bytes());
        assert_eq!(of(StatusCode::BAD_REQUEST, r#"{"error": "invalid_grant"}"#), IdentityError::CodeRefused);
        assert_eq!(of(StatusCode::BAD_REQUEST, r#"{"error": "invalid_client"}"#), IdentityError::ClientRefused);
        assert_eq!(of(StatusCode::UNAUTHORIZED, "<html>"), IdentityError::ClientRefused);
        let other = of(StatusCode::BAD_REQUEST, r#"{"error": "secret-code"}"#);
        assert!(!other.to_string().contains("secret-code"), "{other}");
    }
}
