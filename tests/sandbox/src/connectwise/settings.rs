//! What a test may set, and the count of calls.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// How the instance behaves. `POST /_sandbox/settings` replaces them; what is not sent is back at its default.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Settings {
    /// More calls in a minute are answered 429; none for no limit. The default is the vendor's figure.
    pub requests_per_minute: Option<u32>,
    /// Searches with conditions see a write only after so many seconds of the sandbox's clock.
    pub search_lag_seconds: u32,
    /// Searches with conditions see a write only after so many of them; with both, whichever comes first.
    pub search_lag_reads: u32,
    /// Field names that conditions do not know, although records have them.
    pub unfilterable: Vec<String>,
    /// Shows dates that are not set as `""` instead of leaving them out.
    pub empty_dates: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            requests_per_minute: Some(1000),
            search_lag_seconds: 0,
            search_lag_reads: 0,
            unfilterable: Vec::new(),
            empty_dates: false,
        }
    }
}

impl Settings {
    /// Whether searches lag behind writes.
    pub fn lags(&self) -> bool {
        self.search_lag_seconds > 0 || self.search_lag_reads > 0
    }
}

const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// Counts the calls of the minute that began with the first of them.
#[derive(Debug, Default)]
pub struct Limiter {
    since: Option<Timestamp>,
    calls: u32,
}

impl Limiter {
    /// Counts a call, or refuses it.
    pub fn admit(&mut self, limit: Option<u32>, now: Timestamp) -> Result<(), Refusal> {
        let since = self.since.filter(|since| (SignedDuration::ZERO..WINDOW).contains(&now.duration_since(*since)));
        if since.is_none() {
            self.calls = 0;
        }
        let since = since.unwrap_or(now);
        self.since = Some(since);
        if limit.is_some_and(|limit| self.calls >= limit) {
            let left = WINDOW.saturating_sub(now.duration_since(since));
            return Err(Refusal::TooMany(left.as_secs() + i64::from(left.subsec_nanos() > 0)));
        }
        self.calls = self.calls.saturating_add(1);
        Ok(())
    }
}
