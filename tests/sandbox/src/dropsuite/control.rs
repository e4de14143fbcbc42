//! The sandbox's control paths, below `/_sandbox`: operations for tests that the API does not offer.

use axum::body::Bytes;
use axum::extract::{Path, State as Extracted};
use axum::routing::{delete, get, patch, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::mailbox::MailboxKey;
use super::refusal::Refusal;
use super::{DropsuiteSandbox, backup, connected, registration};

type Sandbox = Extracted<DropsuiteSandbox>;
type Answer = Result<Json<Value>, Refusal>;

/// All control paths except those of the faults.
pub fn controls() -> Router<DropsuiteSandbox> {
    Router::new()
        .route("/_sandbox/state", get(show))
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/organizations", post(create))
        .route("/_sandbox/organizations/{id}", patch(tamper))
        .route("/_sandbox/organizations/{id}/tenants", post(add_tenant))
        .route("/_sandbox/organizations/{id}/logins", post(add_login))
        .route("/_sandbox/organizations/{id}/mailboxes", post(add_mailboxes))
        .route("/_sandbox/organizations/{id}/mailboxes/{mailbox}", delete(remove_mailbox))
        .route("/_sandbox/organizations/{id}/backups", post(set_backups))
        .route("/_sandbox/partners/{number}/reseller-token", post(replace_token))
}

async fn show(sandbox: Sandbox) -> Json<Value> {
    Json(sandbox.state_json())
}

async fn reset(sandbox: Sandbox) -> Answer {
    sandbox.reset().map_err(|error| Refusal::Unsaved(error.to_string()))?;
    Ok(Json(json!({})))
}

async fn create(sandbox: Sandbox, body: Bytes) -> Result<(StatusCode, Json<Value>), Refusal> {
    let row = sandbox.change(|state, now| registration::create_in_portal(state, &body, now))?;
    Ok((StatusCode::CREATED, Json(row)))
}

async fn tamper(sandbox: Sandbox, Path(id): Path<String>, body: Bytes) -> Answer {
    sandbox.change(|state, _| registration::tamper(state, &id, &body)).map(Json)
}

async fn add_tenant(
    sandbox: Sandbox,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let tenant = read(&body)?;
    let row = sandbox.change(|state, now| connected::add_tenant(state, &id, &tenant, now))?;
    Ok((StatusCode::CREATED, Json(row)))
}

async fn add_login(
    sandbox: Sandbox,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let login = read(&body)?;
    let row = sandbox.change(|state, now| connected::add_login(state, &id, &login, now))?;
    Ok((StatusCode::CREATED, Json(row)))
}

async fn add_mailboxes(
    sandbox: Sandbox,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Vec<MailboxKey>>), Refusal> {
    let added = read(&body)?;
    let mailboxes = sandbox.change(|state, now| backup::add(state, &id, added, now))?;
    Ok((StatusCode::CREATED, Json(mailboxes)))
}

async fn remove_mailbox(
    sandbox: Sandbox,
    Path((id, mailbox)): Path<(String, u64)>,
) -> Result<Json<MailboxKey>, Refusal> {
    sandbox.remove_mailbox(&id, mailbox).map(Json)
}

async fn set_backups(sandbox: Sandbox, Path(id): Path<String>, body: Bytes) -> Result<Json<Vec<MailboxKey>>, Refusal> {
    sandbox.set_backups(&id, &read(&body)?).map(Json)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    reseller_token: String,
}

async fn replace_token(sandbox: Sandbox, Path(number): Path<u8>, body: Bytes) -> Answer {
    let NewToken { reseller_token } = read(&body)?;
    sandbox.replace_reseller_token(number, &reseller_token)?;
    Ok(Json(json!({})))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Malformed(error.to_string()))
}
