//! Settings that a test can change, and the rate limit.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// Behaviour of the instance. `POST /_sandbox/settings` replaces all settings; those that are not sent get their
/// default.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Settings {
    /// Maximum calls per minute; further calls get 429. `None` for no limit. The default is the vendor's limit.
    pub requests_per_minute: Option<u32>,
    /// Delay, in seconds of the sandbox's clock, until searches with conditions see a write.
    pub search_lag_seconds: u32,
    /// Number of searches with conditions that do not see a write yet. If both lags are set, the first to end counts.
    pub search_lag_reads: u32,
    /// Fields that records have but conditions do not support.
    pub unfilterable: Vec<String>,
    /// Answers a search with several conditions by an empty list.
    pub empty_compound_searches: bool,
    /// Number of decimal places to which prices and costs of additions are rounded. `None` for no rounding.
    pub price_decimals: Option<u8>,
    /// Shows unset dates as `""` instead of omitting them.
    pub empty_dates: bool,
    /// Fields that a new ticket must have, by the number of its board.
    pub ticket_requires: BTreeMap<u32, Vec<String>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            requests_per_minute: Some(1000),
            search_lag_seconds: 0,
            search_lag_reads: 0,
            unfilterable: Vec::new(),
            empty_compound_searches: false,
            price_decimals: None,
            empty_dates: false,
            ticket_requires: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Returns `true` if searches lag behind writes.
    pub fn lags(&self) -> bool {
        self.search_lag_seconds > 0 || self.search_lag_reads > 0
    }
}

const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// Rate limiter with a window of one minute, which begins with its first call.
#[derive(Clone, Debug, Default)]
pub struct Limiter {
    since: Option<Timestamp>,
    calls: u32,
}

impl Limiter {
    /// Counts a call, or rejects it.
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
