//! Dropsuite's partner API, stateful and strict: `reference/dropsuite.md`, sections 3 to 9 for what is known and
//! the proposals G1 to G8 and G10 for the writes.
//!
//! Two partners exist ([`PARTNERS`]); neither sees the other's plans, organizations and sub-resellers. Ids and tokens
//! are counted up, so that snapshots of them are stable.

mod access;
mod control;
mod fields;
mod lifecycle;
mod organization;
mod page;
mod plan;
mod refusal;
mod registration;
mod reseller;
mod routes;
mod state;
mod subscription;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Request, State as Extracted};
use axum::middleware::{self, Next};
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

pub use self::access::{PARTNERS, Partner};
use self::refusal::Refusal;
use self::state::State;
use crate::clock::SandboxClock;
use crate::faults::{Cut, Faults};

/// What the vendor's own paths begin with.
const BASE: &str = "/api";

/// The sandbox. Clones share it.
#[derive(Clone)]
pub struct DropsuiteSandbox {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    calls: Mutex<Vec<Call>>,
    faults: Faults,
    clock: SandboxClock,
    file: Option<PathBuf>,
}

/// A call of the vendor's API, in the order in which they ended.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Call {
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Status answered (or, if a fault dropped the answer, done); none if a fault dropped the call before the work.
    pub status: Option<u16>,
    /// When it came in.
    pub at: Timestamp,
}

impl DropsuiteSandbox {
    /// Opens the sandbox with what `dropsuite.json` in `directory` holds, or the seed; without a directory it lives
    /// in memory only.
    pub fn open(directory: Option<PathBuf>, clock: SandboxClock) -> io::Result<Self> {
        if let Some(directory) = &directory {
            std::fs::create_dir_all(directory)?;
        }
        let file = directory.map(|directory| directory.join("dropsuite.json"));
        let state = match &file {
            Some(file) if file.exists() => serde_json::from_slice(&std::fs::read(file)?)?,
            _ => State::default(),
        };
        let inner = Inner { state: Mutex::new(state), calls: Mutex::default(), faults: Faults::new(BASE), clock, file };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The vendor's API below `/api`, under the fault rules, and the controls below `/_sandbox`.
    pub fn router(&self) -> Router {
        let router = Router::new()
            .nest(BASE, routes::vendor().with_state(self.clone()))
            .fallback(routes::nowhere)
            .merge(control::controls().with_state(self.clone()));
        self.faults().around(router).layer(middleware::from_fn_with_state(self.clone(), log))
    }

    /// Everything the vendor holds, and the calls: what `GET /_sandbox/state` shows.
    pub fn state_json(&self) -> Value {
        let mut json = self.state().describe();
        if let Some(members) = json.as_object_mut() {
            members.insert("calls".into(), serde_json::json!(self.calls()));
        }
        json
    }

    /// Back to the seed, with no calls and no fault rules. The clock, which others share, stays.
    pub fn reset(&self) -> io::Result<()> {
        let mut state = self.state();
        *state = State::default();
        self.save(&state)?;
        self.calls_mut().clear();
        self.faults().clear();
        Ok(())
    }

    /// Lets an e-mail or a name be taken twice, until the next reset.
    pub fn tolerate_duplicates(&self) {
        self.state().tolerates_duplicates = true;
    }

    /// The fault rules in force.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// The vendor calls so far, refused ones and those hit by a fault included.
    pub fn calls(&self) -> Vec<Call> {
        self.calls_mut().clone()
    }

    fn clock(&self) -> &SandboxClock {
        &self.inner.clock
    }

    fn calls_mut(&self) -> MutexGuard<'_, Vec<Call>> {
        self.inner.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state as of now, with what is due purged.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.purge(self.inner.clock.now());
        state
    }

    /// Runs a write, which changes nothing if it refuses, and saves.
    fn change<T>(&self, write: impl FnOnce(&mut State, Timestamp) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let now = self.inner.clock.now();
        let mut state = self.state();
        let done = write(&mut state, now)?;
        self.save(&state).map_err(|error| Refusal::Unsaved(error.to_string()))?;
        Ok(done)
    }

    fn save(&self, state: &State) -> io::Result<()> {
        match &self.inner.file {
            Some(file) => replace_file(file, &serde_json::to_vec_pretty(state)?),
            None => Ok(()),
        }
    }
}

fn replace_file(file: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = file.with_extension("json.new");
    std::fs::write(&fresh, content)?;
    std::fs::rename(fresh, file)
}

async fn log(Extracted(sandbox): Extracted<DropsuiteSandbox>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if path.starts_with("/_sandbox") {
        return next.run(request).await;
    }
    let method = request.method().to_string();
    let at = sandbox.clock().now();
    let response = next.run(request).await;
    let status = match response.extensions().get::<Cut>() {
        Some(Cut::Before) => None,
        Some(Cut::After) | None => Some(response.status().as_u16()),
    };
    sandbox.calls_mut().push(Call { method, path, status, at });
    response
}
