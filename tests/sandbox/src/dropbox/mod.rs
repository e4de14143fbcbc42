//! Sandbox of Dropbox's resellers API, stateful and strict. Source: section 2 of `docs/vendors/dropbox.md`. Where
//! nothing is known, the sandbox makes the same assumptions as the client.
//!
//! Two distributors exist ([`PARTNERS`]). Neither can access the other's teams, but an e-mail address is unique across
//! all of them. Ids are sequential, so that snapshots are stable. Terms end and renew by the sandbox's clock.

mod access;
mod control;
mod creation;
mod lifecycle;
mod modification;
mod package;
mod portal;
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
pub use self::portal::PortalChange;
pub use self::refusal::Refusal;
use self::state::State;
use crate::call_log::{Call, CallLog};
use crate::clock::SandboxClock;
use crate::faults::Faults;
use crate::persistence::StateFile;

/// Prefix of all vendor paths.
const BASE: &str = "/2";

/// The sandbox. Clones share it.
#[derive(Clone)]
pub struct DropboxSandbox {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    calls: CallLog,
    refusals: AtomicU32,
    faults: Faults,
    clock: SandboxClock,
    file: StateFile,
}

/// The state at one moment, without calls and fault rules.
#[derive(Clone, Debug)]
pub struct Saved(State);

impl DropboxSandbox {
    /// Opens the sandbox with the teams in `directory/dropbox.json`, or with none. Without a directory the state is in
    /// memory only.
    pub fn open(directory: Option<&Path>, clock: SandboxClock) -> io::Result<Self> {
        let file = StateFile::open(directory, "dropbox.json")?;
        let state: State = file.read()?.unwrap_or_default();
        let inner = Inner {
            state: Mutex::new(state),
            calls: CallLog::new(clock.clone()),
            refusals: AtomicU32::default(),
            faults: Faults::new(BASE),
            clock,
            file,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Serves the vendor's API below `/2`, subject to the fault rules, and the controls below `/_sandbox`.
    pub fn router(&self) -> Router {
        let router = Router::new()
            .nest(BASE, routes::vendor().with_state(self.clone()))
            .fallback(routes::nowhere)
            .merge(control::controls().with_state(self.clone()))
            .merge(self.inner.clock.control());
        self.inner.calls.around(self.faults().around(router))
    }

    /// Returns the vendor's whole state and the calls, as `GET /_sandbox/state` does.
    pub fn state_json(&self) -> Value {
        let mut json = self.state_at(self.clock().now()).describe();
        if let Some(members) = json.as_object_mut() {
            members.insert("calls".into(), serde_json::json!(self.calls()));
        }
        json
    }

    /// Returns the state as of now.
    pub fn save(&self) -> Saved {
        Saved(self.state_at(self.clock().now()).clone())
    }

    /// Returns to a saved state, removes calls and fault rules, and restarts the rotation of error shapes. The shared clock is
    /// unchanged.
    pub fn restore(&self, saved: &Saved) -> io::Result<()> {
        self.replace(saved.0.clone())
    }

    /// Removes teams, calls and fault rules, and restarts the rotation of error shapes. The shared clock is unchanged.
    pub fn reset(&self) -> io::Result<()> {
        self.replace(State::default())
    }

    /// Allows an e-mail address to be on two teams, until the next reset.
    pub fn tolerate_duplicates(&self) {
        self.state_at(self.clock().now()).tolerates_duplicates = true;
    }

    /// Changes a team as the distributor does in the vendor's portal.
    pub fn change_in_portal(&self, team: &str, change: PortalChange) -> Result<(), Refusal> {
        self.change(|state, now| portal::change(state, team, change, now))
    }

    /// Returns the active fault rules.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// Returns the vendor calls so far, including rejected calls and those hit by a fault.
    pub fn calls(&self) -> Vec<Call> {
        self.inner.calls.all()
    }

    fn replace(&self, with: State) -> io::Result<()> {
        let mut state = self.inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = with;
        self.inner.file.write(&*state)?;
        self.inner.calls.clear();
        self.inner.refusals.store(0, Ordering::SeqCst);
        self.faults().clear();
        Ok(())
    }

    fn clock(&self) -> &SandboxClock {
        &self.inner.clock
    }

    /// Returns the number of the next error response, from 0.
    fn next_refusal(&self) -> u32 {
        self.inner.refusals.fetch_add(1, Ordering::SeqCst)
    }

    /// Returns the state as of `now`: terms that are over have ended or renewed.
    fn state_at(&self, now: Timestamp) -> MutexGuard<'_, State> {
        let mut state = self.inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance(now);
        state
    }

    /// Runs `call` on the state and saves it. A call that returns an error must not have changed the state.
    fn change<T>(&self, call: impl FnOnce(&mut State, Timestamp) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let now = self.clock().now();
        let mut state = self.state_at(now);
        let done = call(&mut state, now)?;
        self.inner.file.write(&*state).map_err(|error| Refusal::Unsaved(error.to_string()))?;
        Ok(done)
    }
}
