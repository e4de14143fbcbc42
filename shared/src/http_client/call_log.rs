//! The outbound calls of one request, for its log line.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use sha2::{Digest, Sha256};

/// Length of a digest in the log, in hexadecimal digits.
const DIGEST_LEN: usize = 16;

/// An outbound call, for the log (`docs/reference/metrics-and-logs.md`).
#[derive(Clone, Debug, Serialize)]
pub struct OutboundCall {
    /// The name of the operation.
    pub name: &'static str,
    /// The HTTP method.
    pub method: String,
    /// The path without ids.
    pub path: Cow<'static, str>,
    /// The HTTP status of the last attempt; `None` if it had no response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The error of a call without a usable response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The duration of all attempts, in milliseconds.
    pub duration_ms: u64,
    /// The digest of the body; `None` for a call without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// Returns the first 16 hexadecimal digits of the SHA-256 of a body.
pub(super) fn digest(body: &[u8]) -> String {
    let mut digest = hex::encode(Sha256::digest(body));
    digest.truncate(DIGEST_LEN);
    digest
}

/// All calls of one name.
#[derive(Debug, Default, Serialize)]
struct Total {
    calls: u64,
    duration_ms: u64,
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

    /// Returns the number of calls and their duration in milliseconds by name, as a JSON object, for the log line of a job that
    /// makes very many.
    pub fn totals(&self) -> String {
        let mut totals = BTreeMap::<_, Total>::new();
        for call in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            let total = totals.entry(call.name).or_default();
            total.calls += 1;
            total.duration_ms += call.duration_ms;
        }
        serde_json::to_string(&totals).unwrap_or_default()
    }

    /// Returns the calls so far as a JSON array, for a log line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&*self.0.lock().unwrap_or_else(PoisonError::into_inner)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_start_of_sha_256() {
        // printf '%s' '{"seats":25}' | sha256sum | cut -c 1-16
        assert_eq!(digest(br#"{"seats":25}"#), "23147bac8ea1b4f9");
    }
}
