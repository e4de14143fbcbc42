//! The clients and settings that a function holds from its start to its end, and the context of one request.
//!
//! This room imports every room below it: `vendor`, `auth`, `store`, `connectwise`, `http_client`, `domain`, `bss`. It
//! never knows an endpoint or a worker.

pub mod check_queue;
pub mod dead_letters;
pub mod msp_connection;
pub mod request;
pub mod ticket_policy;

use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;

use crate::app::check_queue::CheckQueue;
use crate::app::dead_letters::DeadLetters;
use crate::app::ticket_policy::TicketPolicy;
use crate::auth::applications::Applications;
use crate::auth::encryption::Sealer;
use crate::auth::partner_credentials::Partners;
use crate::auth::reporters::Reporters;
use crate::config::{self, ConfigError};
use crate::connectwise::{self, ConnectWise};
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::http_client::HttpClient;
use crate::store::Store;
use crate::vendor::dropbox::{self, Dropbox};
use crate::vendor::dropsuite::{self, Dropsuite};
use crate::vendor::{VendorName, Vendor};

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
    /// What seals and opens what is kept secret.
    pub sealer: Arc<Sealer>,
    /// The MSPs' ConnectWise; none if the deployment does not use it.
    pub connectwise: Option<ConnectWise>,
    /// What the stream gave up on; none where nobody takes it up again.
    pub dead_letters: Option<DeadLetters>,
    /// When failures of actions become tickets.
    pub ticket_policy: TicketPolicy,
    /// Who may report actions.
    pub reporters: Reporters,
    /// Where the monitor sends what is to be looked at; none where nobody does.
    pub check_queue: Option<CheckQueue>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// How long a request may take.
    pub deadline: Duration,
}

impl App {
    /// The way to the MSPs' ConnectWise.
    ///
    /// # Errors
    /// [`Code::ConnectWiseUnset`] if the deployment does not use it.
    pub fn connectwise(&self) -> Result<&ConnectWise, ServiceError> {
        self.connectwise.as_ref().ok_or_else(|| {
            ServiceError::new(
                ErrorCode::ConnectWiseNotConfigured,
                "This deployment does not use ConnectWise: CONNECTWISE_CLIENT_ID is not set. Ask its operator.",
            )
        })
    }

    /// Reads `VENDOR` (a [`Name`], by default `dropsuite`), `REQUEST_DEADLINE_MS`, and what each part reads for itself.
    pub async fn from_env() -> Result<Self, ConfigError> {
        // A stalled connection must not eat a request's time. The store has limits of its own.
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_timeout(Duration::from_secs(2))
            .build();
        let aws = aws_config::defaults(BehaviorVersion::v2026_01_12()).timeout_config(timeouts).load().await;
        let sender = HttpClient::new().map_err(|error| ConfigError::new("the HTTP client", error.to_string()))?;
        let vendor = match config::parsed("VENDOR", VendorName::default())? {
            VendorName::Dropsuite => Vendor::Dropsuite(Dropsuite::new(dropsuite::Config::from_env()?, sender.clone())),
            VendorName::Dropbox => Vendor::Dropbox(Dropbox::new(dropbox::Config::from_env()?, sender.clone())),
        };
        let sealer = Arc::new(Sealer::from_env(&aws));
        let connectwise = match config::optional("CONNECTWISE_CLIENT_ID") {
            Some(_) => Some(ConnectWise::new(connectwise::Config::from_env()?, sender)),
            None => None,
        };
        let default = u64::try_from(DEADLINE.as_millis()).unwrap_or(u64::MAX);
        Ok(Self {
            applications: Applications::from_env(&aws)?,
            store: Store::from_env(&aws),
            vendor,
            partners: Partners::new(Arc::clone(&sealer)),
            sealer,
            connectwise,
            dead_letters: DeadLetters::from_env(&aws),
            ticket_policy: TicketPolicy::from_env()?,
            reporters: Reporters::from_env(&aws),
            check_queue: CheckQueue::from_env(&aws),
            clock: Arc::new(SystemClock),
            deadline: Duration::from_millis(config::parsed("REQUEST_DEADLINE_MS", default)?),
        })
    }
}
