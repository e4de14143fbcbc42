//! What a function holds from its start to its end.

use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;

use crate::authorization::Applications;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, ConfigError};
use crate::partners::Partners;
use crate::seal::Sealer;
use crate::store::Store;
use crate::vendor::dropbox::{self, Dropbox};
use crate::vendor::dropsuite::{self, Dropsuite};
use crate::vendor::{Name, Sender, Vendor};

/// How long a request may take in all, unless `REQUEST_DEADLINE_MS` says otherwise: well under the gateway's 30 s.
pub const DEADLINE: Duration = Duration::from_secs(25);

/// Everything that requests share. Made once, before the first one.
#[derive(Debug)]
pub struct App {
    /// The installations that may call.
    pub applications: Applications,
    /// The table.
    pub store: Store,
    /// The vendor.
    pub vendor: Vendor,
    /// The partners' settings, for when no caller brings them.
    pub partners: Partners,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// How long a request may take.
    pub deadline: Duration,
}

impl App {
    /// Reads `VENDOR` (a [`Name`], by default `dropsuite`), `REQUEST_DEADLINE_MS`, and what each part reads for itself.
    pub async fn from_env() -> Result<Self, ConfigError> {
        // A stalled connection must not eat a request's time. The store has limits of its own.
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_timeout(Duration::from_secs(2))
            .build();
        let aws = aws_config::defaults(BehaviorVersion::v2026_01_12()).timeout_config(timeouts).load().await;
        let sender = Sender::new().map_err(|error| ConfigError::new("the HTTP client", error.to_string()))?;
        let vendor = match config::parsed("VENDOR", Name::default())? {
            Name::Dropsuite => Vendor::Dropsuite(Dropsuite::new(dropsuite::Config::from_env()?, sender)),
            Name::Dropbox => Vendor::Dropbox(Dropbox::new(dropbox::Config::from_env()?, sender)),
        };
        let default = u64::try_from(DEADLINE.as_millis()).unwrap_or(u64::MAX);
        Ok(Self {
            applications: Applications::from_env(&aws)?,
            store: Store::from_env(&aws),
            vendor,
            partners: Partners::new(Sealer::from_env(&aws)),
            clock: Arc::new(SystemClock),
            deadline: Duration::from_millis(config::parsed("REQUEST_DEADLINE_MS", default)?),
        })
    }
}
