//! Sandbox of an identity provider: OpenID Connect Core and Discovery, authorization code with PKCE. It is as strict as real
//! ones: the redirect URI is compared as it is with those of the client, a code is used once within a minute by the client and the
//! verifier that it was made for, and each request is checked before anything is answered. The answer names the issuer (RFC 9207).
//!
//! A client is registered for each partner of Dropsuite ([`CLIENTS`]), with its redirect URI; `POST /_sandbox/redirects` registers
//! another one ([`Redirect`]). The people are in [`PEOPLE`]; on the page they are chosen without a password. `POST
//! /_sandbox/tokens` with a list makes the next ID tokens wrong ([`WrongToken`]).

mod authorize;
mod key;
mod token;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::State as Extracted;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service_manager::auth::identity::IdentityConfig;

pub use self::authorize::SignInError;
use self::key::{SigningError, SigningKey};
use crate::call_log::{Call, CallLog};
use crate::clock::SandboxClock;
use crate::faults::Faults;

/// The id of the first client.
pub const CLIENT_ID: &str = "portal-client";

/// Its secret.
pub const CLIENT_SECRET: &str = "local-client-secret-5c1e";

/// A registered client: the portal, for one MSP.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// Its id.
    pub id: &'static str,
    /// Its secret.
    pub secret: &'static str,
}

/// The registered clients. The first is the demo's.
pub const CLIENTS: [Client; 2] = [
    Client { id: CLIENT_ID, secret: CLIENT_SECRET },
    Client { id: "portal-client-2", secret: "local-client-secret-82d0" },
];

/// An address to which the people of a client may be sent back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redirect {
    /// The id of the client.
    pub client_id: String,
    /// The address.
    pub redirect_uri: String,
}

/// A person of the provider.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// The subject.
    pub subject: &'static str,
    /// The address.
    pub email: &'static str,
    /// `true` if the provider has verified the address.
    pub is_verified: bool,
}

/// The people of the provider. The last one's address is not verified.
pub const PEOPLE: [Person; 5] = [
    Person { subject: "p-1", email: "zoe@msp.example", is_verified: true },
    Person { subject: "p-2", email: "Bill@msp.example", is_verified: true },
    Person { subject: "p-3", email: "sue@msp.example", is_verified: true },
    Person { subject: "p-4", email: "rita@msp.example", is_verified: true },
    Person { subject: "p-5", email: "new@msp.example", is_verified: false },
];

/// How the next ID token is wrong.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WrongToken {
    /// Claims that replace the right ones; null removes a claim.
    #[serde(default)]
    pub claims: Map<String, Value>,
    /// `true` to sign with a key that is not among the published ones.
    #[serde(default)]
    pub foreign_key: bool,
    /// `true` to send no signature, with the algorithm `none`.
    #[serde(default)]
    pub unsigned: bool,
    /// `true` to send no ID token.
    #[serde(default)]
    pub missing: bool,
}

/// The sandbox. Clones share it.
#[derive(Clone)]
pub struct IdentitySandbox {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    key: SigningKey,
    foreign_key: SigningKey,
    issuer: String,
    calls: CallLog,
    faults: Faults,
    clock: SandboxClock,
}

#[derive(Default)]
struct State {
    redirects: Vec<Redirect>,
    /// Requests of people who are choosing who they are, by their number.
    requests: BTreeMap<u64, Request>,
    codes: BTreeMap<String, Code>,
    count: u64,
    wrong: Vec<WrongToken>,
}

/// A request of a person to sign in.
#[derive(Clone, Debug)]
struct Request {
    client_id: String,
    redirect_uri: String,
    state: String,
    nonce: String,
    challenge: String,
}

/// A code that was given out.
#[derive(Clone, Debug)]
struct Code {
    request: Request,
    person: usize,
    auth_time: Timestamp,
    is_used: bool,
}

impl IdentitySandbox {
    /// Makes the provider that is served at `issuer`, with new keys.
    pub fn new(issuer: String, clock: SandboxClock) -> Result<Self, SigningError> {
        let inner = Inner {
            state: Mutex::default(),
            key: SigningKey::generate("key-1")?,
            foreign_key: SigningKey::generate("key-1")?,
            issuer,
            calls: CallLog::new(clock.clone()),
            faults: Faults::new(""),
            clock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Serves the provider, subject to the fault rules, and the controls below `/_sandbox`.
    pub fn router(&self) -> Router {
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize::page))
            .route("/authorize/{request}/{person}", get(authorize::chosen))
            .route("/token", post(token::exchange))
            .route("/_sandbox/tokens", post(wrong_tokens))
            .route("/_sandbox/redirects", post(register))
            .route("/_sandbox/reset", post(reset))
            .route("/_sandbox/state", get(state))
            .with_state(self.clone())
            .merge(self.inner.clock.control());
        self.inner.calls.around(self.inner.faults.around(router))
    }

    /// Returns the issuer.
    pub fn issuer(&self) -> &str {
        &self.inner.issuer
    }

    /// Returns the settings with which the service manager may call the provider.
    pub fn config(&self) -> IdentityConfig {
        let mut config = IdentityConfig::default();
        config.allowed_hosts.push(self.inner.issuer.clone());
        config
    }

    /// Registers an address to which the people of a client may be sent back.
    pub fn register(&self, redirect: Redirect) {
        self.lock().redirects.push(redirect);
    }

    /// Makes the next ID tokens wrong, one after the other.
    pub fn set_wrong_tokens(&self, wrong: Vec<WrongToken>) {
        self.lock().wrong = wrong;
    }

    /// Returns the active fault rules.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// Returns the calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.inner.calls.all()
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn description(provider: Extracted<IdentitySandbox>) -> Json<Value> {
    let issuer = provider.issuer();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "scopes_supported": ["openid", "email"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "claims_supported": ["sub", "email", "email_verified", "auth_time"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn keys(provider: Extracted<IdentitySandbox>) -> Json<Value> {
    Json(json!({ "keys": [provider.inner.key.public()] }))
}

/// Accepts any content type, because `curl -d` sends a form type.
async fn wrong_tokens(provider: Extracted<IdentitySandbox>, body: Bytes) -> Result<StatusCode, (StatusCode, String)> {
    let wrong = serde_json::from_slice(&body).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    provider.set_wrong_tokens(wrong);
    Ok(StatusCode::NO_CONTENT)
}

/// Accepts any content type, as [`wrong_tokens`] does.
async fn register(provider: Extracted<IdentitySandbox>, body: Bytes) -> Result<StatusCode, (StatusCode, String)> {
    let redirect = serde_json::from_slice(&body).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    provider.register(redirect);
    Ok(StatusCode::NO_CONTENT)
}

async fn reset(provider: Extracted<IdentitySandbox>) -> StatusCode {
    let mut state = provider.lock();
    let redirects = std::mem::take(&mut state.redirects);
    *state = State { redirects, ..State::default() };
    provider.inner.calls.clear();
    provider.inner.faults.clear();
    StatusCode::NO_CONTENT
}

/// All that the provider holds, without codes.
#[derive(Serialize)]
struct Described<'a> {
    issuer: &'a str,
    redirects: Vec<Redirect>,
    people: Vec<&'static str>,
    codes: usize,
    calls: Vec<Call>,
}

async fn state(provider: Extracted<IdentitySandbox>) -> Json<Value> {
    let (redirects, codes) = {
        let state = provider.lock();
        (state.redirects.clone(), state.codes.len())
    };
    let described = Described {
        issuer: provider.issuer(),
        redirects,
        people: PEOPLE.iter().map(|person| person.email).collect(),
        codes,
        calls: provider.calls(),
    };
    Json(json!(described))
}
