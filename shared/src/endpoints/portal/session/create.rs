//! `POST portal/session/create`: an MSP signs in with its partner's tokens and is given a session.

use futures::FutureExt;
use http::Method;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::call::Visit;
use crate::endpoints::{Answer, Door, Endpoint};
use crate::failure::Failure;
use crate::portal::{self, Credentials};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/session/create", method: Method::POST, door: Door::SignIn(|visit| run(visit).boxed()) };

async fn run(visit: &Visit<'_>) -> Result<Answer, Failure> {
    let credentials: Credentials = portal::body(visit.body)?;
    let (token, ends) = portal::sign_in(visit, &credentials).await?;
    Answer::json(&json!({ "token": token.expose_secret(), "expiresAt": ends }))
}
