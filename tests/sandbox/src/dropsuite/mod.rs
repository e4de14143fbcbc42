//! Sandbox of Dropsuite's partner API, stateful and strict. Source: `docs/vendors/dropsuite.md`, sections 3 to 9 for
//! known behaviour, and G1 to G8 and G10 of "Gaps" for the assumed write operations. The section numbers in this module
//! are those of that document.
//!
//! Two partners exist ([`PARTNERS`]). Neither can access the other's plans, organizations and sub-resellers. Ids and
//! tokens are sequential, so that snapshots are stable.

mod access;
mod backup;
mod connected;
mod control;
mod fields;
mod lifecycle;
mod mailbox;
mod organization;
mod page;
mod plan;
mod portal;
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
pub use self::portal::PortalChange;
pub use self::refusal::Refusal;
use self::state::State;
use crate::call_log::{Call, CallLog};
use crate::clock::SandboxClock;
use crate::faults::Faults;
use crate::persistence::StateFile;

/// Prefix of all vendor paths.
const BASE: &str = "/api";

/// The sandbox. Clones share it.
#[derive(Clone)]
pub struct DropsuiteSandbox {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    calls: CallLog,
    faults: Faults,
    clock: SandboxClock,
    file: StateFile,
}

/// The state at one moment, without calls and fault rules.
#[derive(Clone, Debug)]
pub struct Saved(State);

impl DropsuiteSandbox {
    /// Opens the sandbox with the state in `directory/dropsuite.json`, or with the seed if there is none. Without a
    /// directory the state is in memory only.
    pub fn open(directory: Option<&Path>, clock: SandboxClock) -> io::Result<Self> {
        let file = StateFile::open(directory, "dropsuite.json")?;
        let state: State = file.read()?.unwrap_or_default();
        let inner = Inner {
            state: Mutex::new(state),
            calls: CallLog::new(clock.clone()),
            faults: Faults::new(BASE),
            clock,
            file,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Serves the vendor's API below `/api`, subject to the fault rules, and the controls below `/_sandbox`.
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
        let mut json = self.state().describe();
        if let Some(members) = json.as_object_mut() {
            members.insert("calls".into(), serde_json::json!(self.calls()));
        }
        json
    }

    /// Returns the state as of now.
    pub fn save(&self) -> Saved {
        Saved(self.state().clone())
    }

    /// Returns to a saved state, and removes calls and fault rules. The shared clock is unchanged.
    pub fn restore(&self, saved: &Saved) -> io::Result<()> {
        self.replace(saved.0.clone())
    }

    /// Resets to the seed, and removes calls and fault rules. The shared clock is unchanged.
    pub fn reset(&self) -> io::Result<()> {
        self.replace(State::default())
    }

    /// Allows duplicate e-mail addresses and names, until the next reset.
    pub fn tolerate_duplicates(&self) {
        self.state().tolerates_duplicates = true;
    }

    /// Adds `count` mailboxes to an organization, with a completed backup as of now, at the domain of its e-mail
    /// address. The number of seats in use is unchanged.
    pub fn add_mailboxes(&self, organization: &str, count: usize) -> Result<Vec<MailboxKey>, Refusal> {
        self.change(|state, now| backup::add(state, organization, Added::Count(count), now))
    }

    /// Removes a mailbox of an organization.
    pub fn remove_mailbox(&self, organization: &str, mailbox: u64) -> Result<MailboxKey, Refusal> {
        self.change(|state, _| backup::remove(state, organization, mailbox))
    }

    /// Sets the backups of all or some mailboxes of an organization. Returns the mailboxes concerned.
    pub fn set_backups(&self, organization: &str, backups: &Backups) -> Result<Vec<MailboxKey>, Refusal> {
        self.change(|state, now| backup::set(state, organization, backups, now))
    }

    /// Creates an organization as the vendor's portal does, with the members of `POST /_sandbox/organizations`. Returns its
    /// row.
    pub fn create_in_portal(&self, organization: &Value) -> Result<Value, Refusal> {
        self.change(|state, now| registration::create_in_portal(state, organization.to_string().as_bytes(), now))
    }

    /// Changes an organization as the partner does in the vendor's portal.
    pub fn change_in_portal(&self, organization: &str, change: PortalChange) -> Result<(), Refusal> {
        self.change(|state, now| portal::change(state, organization, change, now))
    }

    /// Replaces a partner's reseller token, as the vendor's portal does. The one before is refused from now on.
    pub fn replace_reseller_token(&self, partner: u8, token: &str) -> Result<(), Refusal> {
        self.change(|state, _| {
            let known = PARTNERS.iter().any(|one| one.number == partner);
            if !known {
                return Err(Refusal::NotFound);
            }
            state.new_tokens.insert(partner, token.to_owned());
            Ok(())
        })
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
        self.faults().clear();
        Ok(())
    }

    /// Returns the state as of now, after purging organizations that are due.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.purge(self.inner.clock.now());
        state
    }

    /// Runs `write` on the state and saves it. A write that returns an error must not have changed the state.
    fn change<T>(&self, write: impl FnOnce(&mut State, Timestamp) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let now = self.inner.clock.now();
        let mut state = self.state();
        let done = write(&mut state, now)?;
        self.inner.file.write(&*state).map_err(|error| Refusal::Unsaved(error.to_string()))?;
        Ok(done)
    }
}
