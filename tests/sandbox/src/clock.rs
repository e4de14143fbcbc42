//! The clock that the sandboxes and the functions under test share. A test can advance it by days.

use axum::body::Bytes;
use axum::extract::State as Extracted;
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

/// System time plus an offset that only [`advance`](Self::advance) moves. Clones share the offset.
#[derive(Clone, Debug, Default)]
pub struct SandboxClock {
    offset_micros: watch::Sender<i64>,
}

impl SandboxClock {
    /// Returns the current time of the sandbox.
    pub fn now(&self) -> Timestamp {
        Timestamp::now().checked_add(self.offset()).unwrap_or(Timestamp::MAX)
    }

    /// Advances the time of every clone by `step`, with a resolution of a microsecond. A negative step moves it back.
    pub fn advance(&self, step: SignedDuration) {
        let micros = i64::try_from(step.as_micros()).unwrap_or(i64::MAX);
        self.offset_micros.send_modify(|offset| *offset = offset.saturating_add(micros));
    }

    /// Returns by how much the time is ahead of the system's.
    pub(crate) fn offset(&self) -> SignedDuration {
        SignedDuration::from_micros(*self.offset_micros.borrow())
    }

    /// Tells when the time is advanced.
    pub(crate) fn advances(&self) -> watch::Receiver<i64> {
        self.offset_micros.subscribe()
    }

    /// Serves `POST /_sandbox/clock` with `{"advance_seconds": n}`; the response contains the new time.
    pub fn control(&self) -> Router {
        Router::new().route("/_sandbox/clock", post(advance)).with_state(self.clone())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

/// Accepts any content type, because `curl -d` sends a form type.
async fn advance(clock: Extracted<SandboxClock>, body: Bytes) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let Advance { advance_seconds } = serde_json::from_slice(&body)
        .map_err(|error| (StatusCode::BAD_REQUEST, Json(json!({ "error": error.to_string() }))))?;
    clock.advance(SignedDuration::from_secs(advance_seconds));
    Ok(Json(json!({ "now": clock.now() })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_offset() {
        let clock = SandboxClock::default();
        let before = clock.now();
        clock.clone().advance(SignedDuration::from_hours(24));
        assert!(clock.now().duration_since(before) >= SignedDuration::from_hours(24));
    }
}
