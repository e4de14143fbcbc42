//! The sandbox's control paths, below `/_sandbox`: operations for tests that the API does not offer.

use axum::body::Bytes;
use axum::extract::{Path, State as Extracted};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::ConnectWiseSandbox;
use super::access::{Member, Module, Role};
use super::refusal::Refusal;
use super::settings::Settings;

type Sandbox = Extracted<ConnectWiseSandbox>;
type Answer = Result<Json<Value>, Refusal>;

/// All control paths except those of the faults.
pub fn controls() -> Router<ConnectWiseSandbox> {
    Router::new()
        .route("/_sandbox/state", get(show))
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/settings", get(settings).post(set))
        .route("/_sandbox/members", post(add_member))
        .route("/_sandbox/agreements/{id}/invoice", post(invoice))
}

/// A member with the integration's role, without some modules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewMember {
    identifier: String,
    public_key: String,
    private_key: String,
    #[serde(default)]
    without: Vec<Module>,
}

async fn show(sandbox: Sandbox) -> Json<Value> {
    Json(sandbox.state_json())
}

async fn reset(sandbox: Sandbox) -> Answer {
    sandbox.reset().map_err(|error| Refusal::Unsaved(error.to_string()))?;
    Ok(Json(json!({})))
}

async fn settings(sandbox: Sandbox) -> Json<Settings> {
    Json(sandbox.settings())
}

async fn set(sandbox: Sandbox, body: Bytes) -> Result<Json<Settings>, Refusal> {
    sandbox.set_settings(read(&body)?);
    Ok(Json(sandbox.settings()))
}

async fn add_member(sandbox: Sandbox, body: Bytes) -> Result<(StatusCode, Json<Value>), Refusal> {
    let NewMember { identifier, public_key, private_key, without } = read(&body)?;
    let member = Member { identifier, public_key, private_key, role: Role::integration().without(&without) };
    let shown = json!({ "identifier": member.identifier, "role": member.role });
    sandbox.add_member(member).map_err(|error| Refusal::Unsaved(error.to_string()))?;
    Ok((StatusCode::CREATED, Json(shown)))
}

async fn invoice(sandbox: Sandbox, Path(id): Path<u32>) -> Answer {
    sandbox.invoice(id).map(Json)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Malformed(error.to_string()))
}
