//! The exchange of a code for an ID token (RFC 6749, sections 4.1.3 and 5; RFC 7636, section 4.6).

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Extracted;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::key::unsigned;
use super::{CLIENTS, Client, Code, IdentitySandbox, PEOPLE, WrongToken};

/// Lifetime of a code.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(1);

/// Lifetime of an ID token.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

const FORM: &str = "application/x-www-form-urlencoded";

pub(super) async fn exchange(provider: Extracted<IdentitySandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(client) = client(&headers) else { return refused(StatusCode::UNAUTHORIZED, "invalid_client") };
    if headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) != Some(FORM) {
        return refused(StatusCode::BAD_REQUEST, "invalid_request");
    }
    let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    match provider.redeem(client, &form) {
        Ok(code) => answer(&provider, &code),
        Err(error) => refused(StatusCode::BAD_REQUEST, error),
    }
}

impl IdentitySandbox {
    /// Returns the code of a client's form, and marks it as used.
    fn redeem(&self, client: Client, form: &BTreeMap<String, String>) -> Result<Code, &'static str> {
        let text = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if text("grant_type") != "authorization_code" {
            return Err("unsupported_grant_type");
        }
        let now = self.now();
        let mut state = self.lock();
        let code = state.codes.get_mut(text("code")).filter(|code| !code.is_used).ok_or("invalid_grant")?;
        // A code that was tried is used, also if the rest does not fit.
        code.is_used = true;
        let is_expired = now.duration_since(code.auth_time) > CODE_LIFETIME;
        let is_verified = challenge(text("code_verifier")) == code.request.challenge;
        let is_own = client.id == code.request.client_id;
        if !is_own || is_expired || !is_verified || text("redirect_uri") != code.request.redirect_uri {
            return Err("invalid_grant");
        }
        Ok(code.clone())
    }

    fn next_wrong(&self) -> WrongToken {
        let mut state = self.lock();
        if state.wrong.is_empty() { WrongToken::default() } else { state.wrong.remove(0) }
    }
}

/// Returns the SHA-256 of a verifier, in URL-safe base64.
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes()))
}

/// Returns the client whose id and secret the header has. They are encoded like a form's.
fn client(headers: &HeaderMap) -> Option<Client> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let decoded = header.strip_prefix("Basic ").and_then(|encoded| STANDARD.decode(encoded).ok());
    let pair = decoded.and_then(|decoded| String::from_utf8(decoded).ok()).unwrap_or_default();
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    CLIENTS.into_iter().find(|client| pair == format!("{}:{}", encoded(client.id), encoded(client.secret)))
}

fn answer(provider: &IdentitySandbox, code: &Code) -> Response {
    let wrong = provider.next_wrong();
    let mut tokens = json!({
        "access_token": format!("access-{}", Uuid::new_v4().simple()), "token_type": "Bearer", "expires_in": 300,
    });
    if !wrong.missing {
        let claims = claims(provider, code, &wrong.claims);
        let key = if wrong.foreign_key { &provider.inner.foreign_key } else { &provider.inner.key };
        let token = if wrong.unsigned { Ok(unsigned(&claims)) } else { key.sign(&claims) };
        match token {
            Ok(token) => {
                if let Some(tokens) = tokens.as_object_mut() {
                    tokens.insert("id_token".to_owned(), json!(token));
                }
            }
            Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
    (StatusCode::OK, [(CACHE_CONTROL, "no-store")], Json(tokens)).into_response()
}

fn claims(provider: &IdentitySandbox, code: &Code, wrong: &Map<String, Value>) -> Value {
    let now = provider.now();
    let person = PEOPLE.get(code.person);
    let mut claims = json!({
        "iss": provider.issuer(),
        "sub": person.map(|person| person.subject),
        "aud": code.request.client_id,
        "iat": now.as_second(),
        "exp": now.as_second() + TOKEN_LIFETIME.as_secs(),
        "auth_time": code.auth_time.as_second(),
        "nonce": code.request.nonce,
        "email": person.map(|person| person.email),
        "email_verified": person.is_some_and(|person| person.is_verified),
    });
    if let Some(claims) = claims.as_object_mut() {
        for (name, value) in wrong {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
    }
    claims
}

fn refused(status: StatusCode, error: &str) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(json!({ "error": error }))).into_response()
}
