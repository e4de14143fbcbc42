//! Dropsuite's partner API, stateful and strict: `reference/dropsuite.md`, sections 3 to 9 for what is known and
//! the proposals G1 to G8 and G10 for the writes.
//!
//! Two partners exist ([`PARTNERS`]); neither sees the other's plans, organizations and sub-resellers. Ids and tokens
//! are counted up, so that snapshots of them are stable.

mod access;
mod backup;
mod control;
mod fields;
mod lifecycle;
mod mailbox;
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
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use jiff::Timestamp;
use serde_json::Value;

pub use self::access::{PARTNERS, Partner};
use self::backup::Added;
pub use self::backup::Backups;
pub use self::mailbox::MailboxKey;
pub use self::refusal::Refusal;
use self::state::State;
use crate::calls::{Call, Calls};
use crate::clock::SandboxClock;
use crate::faults::Faults;
use crate::file::StateFile;

/// What the vendor's own paths begin with.
const BASE: &str = "/api";

/// The sandbox. Clones share it.
#[derive(Clone)]
pub struct DropsuiteSandbox {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    calls: Calls,
    faults: Faults,
    clock: SandboxClock,
    file: StateFile,
}

impl DropsuiteSandbox {
    /// Opens the sandbox with what `dropsuite.json` in `directory` holds, or the seed; without a directory it lives
    /// in memory only.
    pub fn open(directory: Option<&Path>, clock: SandboxClock) -> io::Result<Self> {
        let file = StateFile::open(directory, "dropsuite.json")?;
        let state: State = file.read()?.unwrap_or_default();
        let inner = Inner {
            state: Mutex::new(state),
            calls: Calls::new(clock.clone()),
            faults: Faults::new(BASE),
            clock,
            file,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The vendor's API below `/api`, under the fault rules, and the controls below `/_sandbox`.
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
        self.inner.file.write(&*state)?;
        self.inner.calls.clear();
        self.faults().clear();
        Ok(())
    }

    /// Lets an e-mail or a name be taken twice, until the next reset.
    pub fn tolerate_duplicates(&self) {
        self.state().tolerates_duplicates = true;
    }

    /// Adds `count` mailboxes to an organization, backed up as of now, at the domain of its e-mail. Its seats in use
    /// stay as they are.
    pub fn add_mailboxes(&self, organization: &str, count: usize) -> Result<Vec<MailboxKey>, Refusal> {
        self.change(|state, now| backup::add(state, organization, Added::Count(count), now))
    }

    /// Sets the backups of an organization's mailboxes, all or some, and tells of which.
    pub fn set_backups(&self, organization: &str, backups: &Backups) -> Result<Vec<MailboxKey>, Refusal> {
        self.change(|state, now| backup::set(state, organization, backups, now))
    }

    /// The fault rules in force.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// The vendor calls so far, refused ones and those hit by a fault included.
    pub fn calls(&self) -> Vec<Call> {
        self.inner.calls.all()
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
        self.inner.file.write(&*state).map_err(|error| Refusal::Unsaved(error.to_string()))?;
        Ok(done)
    }
}
