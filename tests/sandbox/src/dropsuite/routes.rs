//! Routes of the vendor's paths, below `/api`.

use axum::body::Bytes;
use axum::extract::{Path, Query, State as Extracted};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::access::{Caller, Scope, caller, holder};
use super::lifecycle::{self, Step};
use super::mailbox::Mailbox;
use super::page::{MAX_MAILBOXES, PageQuery, data, result_set};
use super::refusal::Refusal;
use super::state::State;
use super::{DropsuiteSandbox, plan, registration, reseller, subscription};

type Sandbox = Extracted<DropsuiteSandbox>;
type Answer = Result<Json<Value>, Refusal>;
type Created = Result<(StatusCode, Json<Value>), Refusal>;

/// Serves all vendor paths.
pub fn vendor() -> Router<DropsuiteSandbox> {
    Router::new()
        .route("/status", get(status))
        .route("/plans", get(plans))
        .route("/users", get(users).post(create_user))
        .route("/users/{id}", get(user).put(update_user).delete(delete_user))
        .route("/users/{id}/subscription", put(update_subscription))
        .route("/users/{id}/suspend", step(Step::Suspend))
        .route("/users/{id}/unsuspend", step(Step::Unsuspend))
        .route("/users/{id}/unsubscribe", step(Step::Unsubscribe))
        .route("/users/{id}/reactivate", step(Step::Reactivate))
        .route("/users/{id}/reset_password", post(reset_password))
        .route("/users/{id}/sso", get(sso))
        .route("/users/{id}/tenants", get(tenants))
        .route("/users/{id}/tenants/{row}/accounts", get(own_tenant_data))
        .route("/users/{id}/retention_policies", get(own_data))
        .route("/users/{id}/delegated", get(delegated))
        .route("/accounts", get(accounts))
        .route("/accounts/connection_failures", get(connection_failures))
        .route("/accounts/deactivated_accounts", get(deactivated_accounts))
        .route("/resellers", get(resellers).post(create_reseller))
        .route("/resellers/{id}", get(show_reseller).put(update_reseller).delete(delete_reseller))
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
}

/// Handles any other path.
pub async fn nowhere() -> Refusal {
    Refusal::NotFound
}

async fn wrong_method() -> Refusal {
    Refusal::MethodNotAllowed
}

async fn status(sandbox: Sandbox, headers: HeaderMap) -> Answer {
    holder(&sandbox.state(), &headers)?;
    Ok(Json("OK".into()))
}

async fn plans(sandbox: Sandbox, headers: HeaderMap) -> Answer {
    let scope = caller(&sandbox.state(), &headers)?.reader()?;
    Ok(Json(plan::plans_of(scope.partner).map(plan::Plan::row).collect()))
}

async fn users(sandbox: Sandbox, headers: HeaderMap, Query(query): Query<PageQuery>) -> Answer {
    let state = sandbox.state();
    let scope = caller(&state, &headers)?.reader()?;
    let listed: Vec<_> = state.listed(&scope).collect();
    Ok(Json(result_set(&listed, query.page()?, |organization| state.row(organization))))
}

async fn user(sandbox: Sandbox, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let state = sandbox.state();
    let scope = caller(&state, &headers)?.reader()?;
    let shown = state.listed(&scope).find(|organization| organization.id == id).ok_or(Refusal::NotFound)?;
    Ok(Json(state.row(&shown)))
}

async fn create_user(sandbox: Sandbox, headers: HeaderMap, body: Bytes) -> Created {
    let row = write(&sandbox, &headers, |state, scope, now| registration::create(state, scope, &body, now))?;
    Ok((StatusCode::CREATED, row))
}

async fn update_user(sandbox: Sandbox, headers: HeaderMap, Path(id): Path<String>, body: Bytes) -> Answer {
    write(&sandbox, &headers, |state, scope, _| registration::update(state, scope, &id, &body))
}

async fn delete_user(sandbox: Sandbox, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    write(&sandbox, &headers, |state, scope, _| lifecycle::delete(state, scope, &id))
}

async fn update_subscription(sandbox: Sandbox, headers: HeaderMap, Path(id): Path<String>, body: Bytes) -> Answer {
    write(&sandbox, &headers, |state, scope, _| subscription::change(state, scope, &id, &body))
}

fn step(step: Step) -> axum::routing::MethodRouter<DropsuiteSandbox> {
    put(move |sandbox: Sandbox, headers: HeaderMap, Path(id): Path<String>, body: Bytes| async move {
        write(&sandbox, &headers, |state, scope, now| lifecycle::take(state, scope, &id, step, &body, now))
    })
}

async fn reset_password(sandbox: Sandbox, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    write(&sandbox, &headers, |state, scope, _| state.organization(scope, &id).map(|_| json!({})))
}

async fn sso(sandbox: Sandbox, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let link = sandbox.change(|state, _| {
        let scope = caller(state, &headers)?.reader()?;
        state.organization(&scope, &id)?;
        Ok(json!({ "url": format!("https://portal.dropsuite.example/sso/{}", state.next_token()) }))
    });
    link.map(Json)
}

async fn own_data(
    sandbox: Sandbox,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Answer {
    caller(&sandbox.state(), &headers)?.owner_of(&id)?;
    Ok(Json(data(&[], query.page()?)))
}

async fn tenants(
    sandbox: Sandbox,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Answer {
    let state = sandbox.state();
    caller(&state, &headers)?.owner_of(&id)?;
    let rows = state.connected.get(&id).map_or(&[][..], |connected| &connected.tenants);
    Ok(Json(data(rows, query.page()?)))
}

async fn own_tenant_data(
    sandbox: Sandbox,
    headers: HeaderMap,
    Path((id, _)): Path<(String, String)>,
    query: Query<PageQuery>,
) -> Answer {
    own_data(sandbox, headers, Path(id), query).await
}

async fn delegated(sandbox: Sandbox, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let state = sandbox.state();
    caller(&state, &headers)?.owner_of(&id)?;
    Ok(Json(Value::Array(state.connected.get(&id).map(|connected| connected.logins.clone()).unwrap_or_default())))
}

async fn accounts(sandbox: Sandbox, headers: HeaderMap, Query(query): Query<PageQuery>) -> Answer {
    mailboxes(&sandbox.state(), &headers, &query, |_| true).map(Json)
}

/// Always returns the `result_set` envelope. Without page parameters it contains all rows and no pagination (7.2).
async fn connection_failures(sandbox: Sandbox, headers: HeaderMap, Query(query): Query<PageQuery>) -> Answer {
    let list = mailboxes(&sandbox.state(), &headers, &query, Mailbox::fails_to_connect)?;
    Ok(Json(if list.is_array() { json!({ "result_set": list }) } else { list }))
}

async fn deactivated_accounts(sandbox: Sandbox, headers: HeaderMap, Query(query): Query<PageQuery>) -> Answer {
    mailboxes(&sandbox.state(), &headers, &query, Mailbox::is_deactivated).map(Json)
}

/// Returns the mailboxes of the organization that the user token belongs to. With an admin token the list is empty,
/// without an error.
fn mailboxes(
    state: &State,
    headers: &HeaderMap,
    query: &PageQuery,
    shows: impl Fn(&Mailbox) -> bool,
) -> Result<Value, Refusal> {
    let caller = caller(state, headers)?;
    let page = query.page()?.map(|page| page.at_most(MAX_MAILBOXES));
    let id = match caller {
        Caller::Admin(_) => return Ok(result_set(&[], page, Value::clone)),
        Caller::User(id) => id,
    };
    let organization = state.any_organization(&id)?;
    let owner = organization.short_row(&state.reseller_token(organization));
    let own: Vec<_> = state.mailboxes.of(&id).iter().filter(|mailbox| shows(mailbox)).collect();
    Ok(result_set(&own, page, |mailbox| mailbox.row(&owner)))
}

async fn resellers(sandbox: Sandbox, headers: HeaderMap) -> Answer {
    let state = sandbox.state();
    let scope = caller(&state, &headers)?.reader()?;
    Ok(Json(Value::Array(reseller::list(&state, &scope))))
}

async fn show_reseller(sandbox: Sandbox, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let state = sandbox.state();
    let scope = caller(&state, &headers)?.reader()?;
    reseller::show(&state, &scope, &id).map(Json)
}

async fn create_reseller(sandbox: Sandbox, headers: HeaderMap, body: Bytes) -> Created {
    let row = write(&sandbox, &headers, |state, scope, _| reseller::create(state, scope, &body))?;
    Ok((StatusCode::CREATED, row))
}

async fn update_reseller(sandbox: Sandbox, headers: HeaderMap, Path(id): Path<String>, body: Bytes) -> Answer {
    write(&sandbox, &headers, |state, scope, _| reseller::update(state, scope, &id, &body))
}

async fn delete_reseller(sandbox: Sandbox, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    write(&sandbox, &headers, |state, scope, _| reseller::delete(state, scope, &id))
}

/// Runs a write by a direct partner.
fn write(
    sandbox: &DropsuiteSandbox,
    headers: &HeaderMap,
    work: impl FnOnce(&mut State, &Scope, Timestamp) -> Result<Value, Refusal>,
) -> Answer {
    let done = sandbox.change(|state, now| {
        let scope = caller(state, headers)?.writer()?;
        work(state, &scope, now)
    });
    done.map(Json)
}
