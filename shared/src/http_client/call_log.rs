//! The outbound calls of one request, for its log line.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// A call that was made, for the log.
#[derive(Clone, Debug, Serialize)]
pub struct OutboundCall {
    /// The operation's name.
    pub name: &'static str,
    /// The status, or what went wrong.
    pub outcome: String,
    /// How long it took, all attempts together, in milliseconds.
    pub duration_ms: u64,
}

/// The calls of one request, in order.
#[derive(Clone, Debug, Default)]
pub struct OutboundCallLog(Arc<Mutex<Vec<OutboundCall>>>);

impl OutboundCallLog {
    /// Notes a call.
    pub(super) fn record(&self, call: OutboundCall) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<OutboundCall> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
