//! What a sandbox was called for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Request, State as Extracted};
use axum::middleware::{self, Next};
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;

use crate::clock::SandboxClock;
use crate::faults::Cut;

/// A call of a vendor's API, in the order in which they ended.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Call {
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// The query as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Status answered (or, if a fault dropped the answer, done); none if a fault dropped the call before the work.
    pub status: Option<u16>,
    /// When it came in.
    pub at: Timestamp,
}

/// The calls so far, refused ones and those hit by a fault included. Clones share them.
#[derive(Clone, Debug)]
pub struct Calls {
    made: Arc<Mutex<Vec<Call>>>,
    clock: SandboxClock,
}

impl Calls {
    /// None yet; `clock` says when they come in.
    pub fn new(clock: SandboxClock) -> Self {
        Self { made: Arc::default(), clock }
    }

    /// All of them.
    pub fn all(&self) -> Vec<Call> {
        self.made().clone()
    }

    /// Forgets them.
    pub fn clear(&self) {
        self.made().clear();
    }

    /// Keeps the calls of `router`, but not those of the sandbox's own paths.
    pub fn around(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), keep))
    }

    fn made(&self) -> MutexGuard<'_, Vec<Call>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn keep(Extracted(calls): Extracted<Calls>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if path.starts_with("/_sandbox") {
        return next.run(request).await;
    }
    let method = request.method().to_string();
    let query = request.uri().query().map(str::to_owned);
    let at = calls.clock.now();
    let response = next.run(request).await;
    let status = match response.extensions().get::<Cut>() {
        Some(Cut::Before) => None,
        Some(Cut::After) | None => Some(response.status().as_u16()),
    };
    calls.made().push(Call { method, path, query, status, at });
    response
}
