//! The outbound calls of one request, for its log line.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// An outbound call, for the log.
#[derive(Clone, Debug, Serialize)]
pub struct OutboundCall {
    /// The name of the operation.
    pub name: &'static str,
    /// The HTTP status, or the error.
    pub outcome: String,
    /// The duration of all attempts, in milliseconds.
    pub duration_ms: u64,
}

/// The outbound calls of one request, in order.
#[derive(Clone, Debug, Default)]
pub struct OutboundCallLog(Arc<Mutex<Vec<OutboundCall>>>);

impl OutboundCallLog {
    /// Adds a call.
    pub(super) fn record(&self, call: OutboundCall) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// Returns the calls so far.
    pub fn calls(&self) -> Vec<OutboundCall> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
