//! Log of the calls that a sandbox received.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Request, State as Extracted};
use axum::middleware::{self, Next};
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;

use crate::clock::SandboxClock;
use crate::faults::Cut;

/// One call of a vendor's API.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Call {
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// The query as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Status of the response, also if a fault dropped that response. `None` if a fault dropped the call before it was
    /// processed.
    pub status: Option<u16>,
    /// Time of arrival.
    pub at: Timestamp,
}

/// All calls so far, in the order in which they ended. Includes rejected calls and those hit by a fault. Clones share
/// the log.
#[derive(Clone, Debug)]
pub struct CallLog {
    made: Arc<Mutex<Vec<Call>>>,
    clock: SandboxClock,
}

impl CallLog {
    /// Creates an empty log that takes timestamps from `clock`.
    pub fn new(clock: SandboxClock) -> Self {
        Self { made: Arc::default(), clock }
    }

    /// Returns all calls.
    pub fn all(&self) -> Vec<Call> {
        self.made().clone()
    }

    /// Removes all calls.
    pub fn clear(&self) {
        self.made().clear();
    }

    /// Wraps `router` so that its calls are recorded, except those below `/_sandbox`.
    pub fn around(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), keep))
    }

    fn made(&self) -> MutexGuard<'_, Vec<Call>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn keep(Extracted(calls): Extracted<CallLog>, request: Request, next: Next) -> Response {
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
