//! Dropbox's resellers API, stateful and strict: section 2 of `reference/dropbox.md` for what is known, and the same
//! choices as the client's where nothing is.
//!
//! Two distributors exist ([`PARTNERS`]); neither sees the other's teams, but an e-mail belongs to one team in the whole
//! world. Ids are counted up, so that snapshots of them are stable. Terms end and renew by the sandbox's clock.

mod access;
mod control;
mod creation;
mod lifecycle;
mod modification;
mod package;
mod refusal;
mod routes;
mod sku;
mod state;
mod team;
mod term;

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use jiff::Timestamp;
use serde_json::Value;

pub use self::access::{PARTNERS, Partner};
use self::refusal::Refusal;
use self::state::State;
use crate::calls::{Call, Calls};
use crate::clock::SandboxClock;
use crate::faults::Faults;
use crate::file::StateFile;

/// What the vendor's own paths begin with.
const BASE: &str = "/2";

/// The sandbox. Clones share it.
#[derive(Clone)]
pub struct DropboxSandbox {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    calls: Calls,
    refusals: AtomicU32,
    faults: Faults,
    clock: SandboxClock,
    file: StateFile,
}

impl DropboxSandbox {
    /// Opens the sandbox with the teams that `dropbox.json` in `directory` holds, or none; without a directory it
    /// lives in memory only.
    pub fn open(directory: Option<&Path>, clock: SandboxClock) -> io::Result<Self> {
        let file = StateFile::open(directory, "dropbox.json")?;
        let state: State = file.read()?.unwrap_or_default();
        let inner = Inner {
            state: Mutex::new(state),
            calls: Calls::new(clock.clone()),
            refusals: AtomicU32::default(),
            faults: Faults::new(BASE),
            clock,
            file,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The vendor's API below `/2`, under the fault rules, and the controls below `/_sandbox`.
    pub fn router(&self) -> Router {
        let router = Router::new()
            .nest(BASE, routes::vendor().with_state(self.clone()))
            .fallback(routes::nowhere)
            .merge(control::controls().with_state(self.clone()))
            .merge(self.inner.clock.control());
        self.inner.calls.around(self.faults().around(router))
    }

    /// Everything the vendor holds, and the calls: what `GET /_sandbox/state` shows.
    pub fn state_json(&self) -> Value {
        let mut json = self.state_at(self.clock().now()).describe();
        if let Some(members) = json.as_object_mut() {
            members.insert("calls".into(), serde_json::json!(self.calls()));
        }
        json
    }

    /// No teams, no calls and no fault rules, and the shapes of errors from the first again. The clock, which others
    /// share, stays.
    pub fn reset(&self) -> io::Result<()> {
        let mut state = self.state_at(self.clock().now());
        *state = State::default();
        self.inner.file.write(&*state)?;
        self.inner.calls.clear();
        self.inner.refusals.store(0, Ordering::SeqCst);
        self.faults().clear();
        Ok(())
    }

    /// Lets an e-mail be on two teams, until the next reset.
    pub fn tolerate_duplicates(&self) {
        self.state_at(self.clock().now()).tolerates_duplicates = true;
    }

    /// The fault rules in force.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// The vendor calls so far, refused ones and those hit by a fault included.
    pub fn calls(&self) -> Vec<Call> {
        self.inner.calls.all()
    }

    fn clock(&self) -> &SandboxClock {
        &self.inner.clock
    }

    /// Counts a refusal, from 0.
    fn next_refusal(&self) -> u32 {
        self.inner.refusals.fetch_add(1, Ordering::SeqCst)
    }

    /// The state as of `now`, with the terms that are over ended or renewed.
    fn state_at(&self, now: Timestamp) -> MutexGuard<'_, State> {
        let mut state = self.inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance(now);
        state
    }

    /// Runs a call, which changes nothing if it refuses, and saves.
    fn change<T>(&self, call: impl FnOnce(&mut State, Timestamp) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let now = self.clock().now();
        let mut state = self.state_at(now);
        let done = call(&mut state, now)?;
        self.inner.file.write(&*state).map_err(|error| Refusal::Unsaved(error.to_string()))?;
        Ok(done)
    }
}
