//! Sandbox of ConnectWise Manage's REST API, stateful and strict. Source: `docs/vendors/connectwise.md`.
//!
//! There is one instance of one MSP, whose login company is `demo`. The seed has three API members: `pub`/`priv` has
//! the permissions that the set-up guide asks for; `pub-limited`/`priv-limited` lacks agreements, closing of tickets,
//! table set-up and menu entries; `pub-admin`/`priv-admin` stands for a person and has every permission. Where the
//! vendor's behaviour is unknown, the sandbox behaves in the way that is harder for a client.

mod access;
mod attach;
mod conditions;
mod control;
mod date;
mod definition;
mod draft;
mod list;
pub mod openapi;
mod patch;
mod path;
mod query;
mod reference;
mod refusal;
mod routes;
mod row;
mod rules;
mod schema;
mod seed;
mod settings;
mod state;
mod write;

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use serde_json::{Map, Value, json};

pub use self::access::{COMPANY, Level, Member, Module, Role};
pub use self::settings::Settings;

use self::definition::Resource;
use self::refusal::Refusal;
use self::state::State;
use crate::call_log::{Call, CallLog};
use crate::clock::SandboxClock;
use crate::faults::Faults;
use crate::persistence::StateFile;

/// Prefix of all vendor paths except the codebase look-up.
pub const BASE: &str = "/v4_6_release/apis/3.0";

/// The sandbox. Clones share it.
#[derive(Clone)]
pub struct ConnectWiseSandbox {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    /// The state at the start, unless it came from a file.
    seed: State,
    calls: CallLog,
    requests: AtomicU64,
    faults: Faults,
    clock: SandboxClock,
    file: StateFile,
}

/// The state at one moment, without calls and fault rules.
#[derive(Clone, Debug)]
pub struct Saved(State);

impl ConnectWiseSandbox {
    /// Opens the sandbox with the state in `directory/connectwise.json`, or with the seed if there is none. Without a
    /// directory the state is in memory only.
    pub fn open(directory: Option<&Path>, clock: SandboxClock) -> io::Result<Self> {
        let file = StateFile::open(directory, "connectwise.json")?;
        let seed = seed::state(clock.now());
        let inner = Inner {
            state: Mutex::new(file.read()?.unwrap_or_else(|| seed.clone())),
            seed,
            calls: CallLog::new(clock.clone()),
            requests: AtomicU64::new(0),
            faults: Faults::new(BASE),
            clock,
            file,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Serves the vendor's API below `/v4_6_release/apis/3.0` and the codebase look-up, both subject to the fault
    /// rules, and the controls below `/_sandbox`.
    pub fn router(&self) -> Router {
        let router = Router::new().fallback(routes::answer).merge(control::controls()).with_state(self.clone());
        let router = router.merge(self.inner.clock.control());
        self.inner.calls.around(self.faults().around(router))
    }

    /// Returns all records by the vendor's name of their kind, the attached configurations, the settings and the calls,
    /// as `GET /_sandbox/state` does.
    pub fn state_json(&self) -> Value {
        let now = self.clock().now();
        let state = self.state();
        let mut shown = Map::new();
        for resource in state.kinds() {
            let rows =
                state.all(resource).map(|(id, record)| row::row(&state, resource, id, record, &record.fields, now));
            shown.insert(resource.definition().noun.to_owned(), rows.map(Value::Object).collect());
        }
        shown.insert("attached".to_owned(), json!(state.attached));
        shown.insert("settings".to_owned(), json!(state.settings));
        drop(state);
        shown.insert("calls".to_owned(), json!(self.calls()));
        Value::Object(shown)
    }

    /// Returns what differs from the seed: by the vendor's name of their kind, the records that were created or changed, and
    /// the ids of those that were deleted; and the attached configurations.
    pub fn changes_json(&self) -> Value {
        let now = self.clock().now();
        let state = self.state();
        let mut shown = Map::new();
        for resource in state.kinds() {
            let seeded = |id| self.inner.seed.find(resource, id);
            let changed =
                state.all(resource).filter(|(id, record)| seeded(*id).is_none_or(|seed| seed.fields != record.fields));
            let rows: Value = changed
                .map(|(id, record)| Value::Object(row::row(&state, resource, id, record, &record.fields, now)))
                .collect();
            let deleted =
                self.inner.seed.all(resource).map(|(id, _)| id).filter(|id| state.find(resource, *id).is_none());
            let noun = resource.definition().noun;
            shown.insert(format!("{noun} deleted"), deleted.collect());
            shown.insert(noun.to_owned(), rows);
        }
        shown.insert("attached".to_owned(), json!(state.attached));
        Value::Object(shown)
    }

    /// Returns the state as of now.
    pub fn save(&self) -> Saved {
        Saved(self.state().clone())
    }

    /// Returns to a saved state, and removes calls and fault rules. The shared clock is unchanged.
    pub fn restore(&self, saved: &Saved) -> io::Result<()> {
        self.replace(saved.0.clone())
    }

    /// Resets to the seed as of now and the default settings, and removes calls and fault rules. The shared clock is
    /// unchanged.
    pub fn reset(&self) -> io::Result<()> {
        self.replace(seed::state(self.clock().now()))
    }

    /// Returns the settings of the instance.
    pub fn settings(&self) -> Settings {
        self.state().settings.clone()
    }

    /// Replaces the settings, until the next reset.
    pub fn set_settings(&self, settings: Settings) {
        self.state().settings = settings;
    }

    /// Adds an API member. Replaces a member that has the same public key.
    pub fn add_member(&self, member: Member) -> io::Result<()> {
        let mut state = self.state();
        seed::add_member(&mut state, member, self.clock().now());
        self.inner.file.write(&*state)
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
        let mut state = self.state();
        *state = with;
        self.inner.file.write(&*state)?;
        self.inner.calls.clear();
        self.faults().clear();
        Ok(())
    }

    fn clock(&self) -> &SandboxClock {
        &self.inner.clock
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_request_id(&self) -> String {
        let number = u128::from(self.inner.requests.fetch_add(1, Ordering::SeqCst)) + 1;
        uuid::Builder::from_random_bytes(number.to_be_bytes()).into_uuid().to_string()
    }

    /// Runs `work` on the state and saves it. Work that returns an error must not have changed a record.
    fn work<T>(&self, work: impl FnOnce(&mut State) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let mut state = self.state();
        let done = work(&mut state)?;
        self.inner.file.write(&*state).map_err(|error| Refusal::Unsaved(error.to_string()))?;
        Ok(done)
    }

    /// Invoices the next period of an agreement and returns the agreement.
    fn invoice(&self, id: u32) -> Result<Value, Refusal> {
        let context = seed::person(self.clock().now());
        self.work(|state| {
            rules::invoice(state, &context, id)?;
            let record = state.get(Resource::Agreement, id)?;
            let shown = row::row(state, Resource::Agreement, id, record, &record.fields, context.now);
            Ok(Value::Object(shown))
        })
    }
}
