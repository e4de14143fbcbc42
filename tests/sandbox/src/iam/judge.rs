//! The server in front of the local stack.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;

use super::account::Account;
use super::call::{Permission, permissions};
use super::evaluation::Decision;
use super::refusal;
use crate::forward::forward;
use crate::serve::{Server, serve};
use crate::stack::Stack;

/// A running judge: the address of all AWS services for functions, each with an access key id of its own. Dropping it closes
/// the address.
#[derive(Debug)]
pub struct Judge {
    shared: Arc<Shared>,
    server: Server,
}

/// The calls that a judge has seen.
#[derive(Clone, Debug, Default)]
pub struct Judgements {
    /// The number of calls of each function, by its access key id.
    pub calls: BTreeMap<String, usize>,
    /// The permissions that calls of each function required and had.
    pub used: BTreeMap<String, BTreeSet<Permission>>,
    /// One line for each kind of call that was denied.
    pub denied: BTreeSet<String>,
    /// One line for each kind of call that could not be judged.
    pub unknown: BTreeSet<String>,
}

#[derive(Debug)]
struct Shared {
    account: Account,
    client: reqwest::Client,
    tables_url: String,
    services_url: String,
    judgements: Mutex<Judgements>,
}

impl Judge {
    /// Starts a judge of the roles of `account` in front of the services of `stack`.
    pub async fn in_front_of(stack: &Stack, account: Account) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            account,
            client: crate::http_client().map_err(io::Error::other)?,
            tables_url: stack.dynamodb_url.clone(),
            services_url: stack.aws_url.clone(),
            judgements: Mutex::default(),
        });
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&shared));
        Ok(Self { shared, server: serve(TcpListener::bind("127.0.0.1:0").await?, router)? })
    }

    /// Returns the address.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Returns the account.
    pub fn account(&self) -> &Account {
        &self.shared.account
    }

    /// Returns what it has seen so far.
    pub fn judgements(&self) -> Judgements {
        self.shared.judgements().clone()
    }
}

impl Shared {
    fn judgements(&self) -> MutexGuard<'_, Judgements> {
        self.judgements.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Judges a call. Returns the answer to a call that must not go on.
    fn judge(&self, caller: &str, target: &str, body: &[u8]) -> Result<(), Box<Response>> {
        let mut judgements = self.judgements();
        let Some(role) = self.account.roles.get(caller) else {
            judgements.denied.insert(format!("{caller}: {target}: no such access key"));
            return Err(Box::new(refusal::unknown_caller()));
        };
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let required = permissions(&self.account, target, &body).map_err(|what| {
            judgements.unknown.insert(format!("{caller}: {what}"));
            Box::new(refusal::not_judged(&what))
        })?;
        *judgements.calls.entry(caller.to_owned()).or_default() += 1;
        for permission in required {
            let decision = self.account.decide(role, &permission);
            if decision != Decision::Allowed {
                let Permission { action, resource, .. } = &permission;
                let through = permission.through().map(|service| format!(" through {service}")).unwrap_or_default();
                judgements.denied.insert(format!("{caller}: {action} on {resource}{through}"));
                return Err(Box::new(refusal::access_denied(&self.account, target, &role.arn, &permission, decision)));
            }
            judgements.used.entry(caller.to_owned()).or_default().insert(permission);
        }
        Ok(())
    }
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = text(&headers, "x-amz-target").to_owned();
    if let Err(refusal) = shared.judge(caller(text(&headers, "authorization")), &target, &body) {
        return *refusal;
    }
    let url = if target.starts_with("DynamoDB") { &shared.tables_url } else { &shared.services_url };
    match forward(&shared.client, url, Method::POST, headers, body).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// Returns the access key id of a signature: `AWS4-HMAC-SHA256 Credential=ID/DATE/REGION/SERVICE/aws4_request, …`.
fn caller(authorization: &str) -> &str {
    let credential = authorization.split_once("Credential=").map(|(_, rest)| rest);
    credential.and_then(|rest| rest.split('/').next()).unwrap_or_default()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
