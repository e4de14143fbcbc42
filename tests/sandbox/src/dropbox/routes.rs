//! Routes of the vendor's paths, below `/2`.

use axum::body::Bytes;
use axum::extract::{OriginalUri, State as Extracted};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use axum::{Json, Router};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode, Uri};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::access::{Partner, caller};
use super::refusal::Refusal;
use super::state::State;
use super::team::Team;
use super::{BASE, DropboxSandbox, creation, lifecycle, modification};

type Sandbox = Extracted<DropboxSandbox>;
type Answer = Result<Value, Refusal>;
type Action<T> = fn(&mut State, &'static Partner, &T, Timestamp) -> Answer;

/// Serves all vendor paths.
pub fn vendor() -> Router<DropboxSandbox> {
    Router::new()
        .route("/resellers/team/create", action(creation::create))
        .route("/resellers/team/get", action(get))
        .route("/resellers/team/list2", action(list))
        .route("/resellers/team/skus/modify", action(modification::modify_skus))
        .route("/resellers/team/auto_renew/modify", action(modification::modify_auto_renew))
        .route("/resellers/team/cancel", action(lifecycle::cancel))
        .route("/resellers/team/reinstate", action(lifecycle::reinstate))
        .route("/resellers/team/migrate", action(lifecycle::migrate))
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
}

/// Handles any other path.
pub async fn nowhere() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "Not Found")
}

async fn wrong_method(sandbox: Sandbox, OriginalUri(uri): OriginalUri) -> Response {
    Refusal::MethodNotAllowed.answer(function(&uri), sandbox.next_refusal())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Get {
    id: String,
    reseller_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    reseller_ids: Vec<String>,
}

fn get(state: &mut State, partner: &'static Partner, request: &Get, _: Timestamp) -> Answer {
    let reach = partner.reach(&request.reseller_ids)?;
    reach.reseller()?;
    Ok(state.team(&reach, &request.id)?.row())
}

fn list(state: &mut State, partner: &'static Partner, request: &List, _: Timestamp) -> Answer {
    let reach = partner.reach(&request.reseller_ids)?;
    let rows: Vec<_> = state.teams.iter().filter(|team| reach.shows(team)).map(Team::row).collect();
    Ok(json!({ "teams": rows }))
}

fn action<T: DeserializeOwned + 'static>(action: Action<T>) -> MethodRouter<DropboxSandbox> {
    post(move |sandbox: Sandbox, OriginalUri(uri): OriginalUri, headers: HeaderMap, body: Bytes| async move {
        let done = sandbox.change(|state, now| {
            let partner = caller(&headers)?;
            action(state, partner, &parse(&headers, &body)?, now)
        });
        match done {
            Ok(answer) => Json(answer).into_response(),
            Err(refusal) => refusal.answer(function(&uri), sandbox.next_refusal()),
        }
    })
}

fn parse<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Refusal> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if media_type.split(';').next() != Some("application/json") {
        let reason = format!("Bad HTTP \"Content-Type\" header: {media_type:?}. Expecting \"application/json\".");
        return Err(Refusal::Malformed(reason));
    }
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Refusal::Malformed("request body: expected an object".to_owned()));
    }
    serde_json::from_slice(body).map_err(|error| Refusal::Malformed(format!("request body: {error}")))
}

/// Returns the vendor's name for the function at a path, such as `resellers/team/create`.
fn function(uri: &Uri) -> &str {
    let path = uri.path();
    path.strip_prefix(BASE).and_then(|path| path.strip_prefix('/')).unwrap_or(path)
}
