//! The clients and settings that a function holds for its lifetime, and the context of one request.
//!
//! This room imports `auth`, `bss`, `config`, `connectwise`, `domain`, `http_client`, `store` and `vendor`. It never
//! knows an endpoint or a worker.

pub mod audit_queue;
mod aws;
pub mod check_queue;
pub mod dead_letters;
pub mod fair_use;
pub mod grant;
pub mod lease;
pub mod message_queue;
pub mod msp_connection;
pub mod request;
pub mod request_ids;
pub mod ticket_policy;

use std::sync::Arc;
use std::time::Duration;

use crate::app::audit_queue::AuditQueue;
use crate::app::check_queue::CheckQueue;
use crate::app::dead_letters::DeadLetters;
use crate::app::fair_use::FairUse;
use crate::app::ticket_policy::TicketPolicy;
use url::Url;

use crate::auth::applications::Applications;
use crate::auth::encryption::Sealer;
use crate::auth::identity::{IdentityConfig, IdentityProviders};
use crate::auth::partner_credentials::PartnerCredentialStore;
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
use crate::vendor::{Vendor, VendorName};

/// Default of `REQUEST_DEADLINE_MS`: the maximum duration of a request, well below the gateway's 30 s.
pub const DEADLINE: Duration = Duration::from_secs(25);

/// The clients and settings that all requests of a function share. Created once, before the first request.
#[derive(Debug)]
pub struct App {
    /// The registered BSS installations.
    pub applications: Applications,
    /// The table.
    pub store: Store,
    /// The vendor.
    pub vendor: Vendor,
    /// The stored settings of partners, for jobs that run without a caller.
    pub partner_credentials: PartnerCredentialStore,
    /// Encrypts and decrypts stored secrets.
    pub sealer: Arc<Sealer>,
    /// The client of the MSPs' ConnectWise; `None` if the deployment does not use ConnectWise.
    pub connectwise: Option<ConnectWise>,
    /// The client of the MSPs' identity providers.
    pub identity_providers: IdentityProviders,
    /// The dead-letter queue of the stream; `None` in functions that do not read it.
    pub dead_letters: Option<DeadLetters>,
    /// `PORTAL_URL`: the address of the MSPs' portal, which ConnectWise's menu entry opens. Default: `/portal` at the host that a
    /// request was sent to.
    pub portal_url: Option<Url>,
    /// The rules by which failing actions become tickets.
    pub ticket_policy: TicketPolicy,
    /// The registered reporters of actions.
    pub reporters: Reporters,
    /// The queue to which the monitor sends checks; `None` in functions that do not use it.
    pub check_queue: Option<CheckQueue>,
    /// The queue of audits; `None` in functions that do not use it.
    pub audit_queue: Option<AuditQueue>,
    /// The vendor's terms of fair use.
    pub fair_use: FairUse,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The maximum duration of a request.
    pub deadline: Duration,
}

impl App {
    /// Returns the client of the MSPs' ConnectWise.
    ///
    /// # Errors
    /// [`ErrorCode::ConnectWiseNotConfigured`] if the deployment does not use ConnectWise.
    pub fn connectwise(&self) -> Result<&ConnectWise, ServiceError> {
        self.connectwise.as_ref().ok_or_else(|| {
            ServiceError::new(
                ErrorCode::ConnectWiseNotConfigured,
                "This deployment does not use ConnectWise: CONNECTWISE_CLIENT_ID is not set. Ask its operator.",
            )
        })
    }

    /// Reads `VENDOR` (a [`VendorName`], by default `dropsuite`), `REQUEST_DEADLINE_MS`, and the variables of each
    /// part.
    ///
    /// # Errors
    /// A variable is missing or invalid.
    pub fn from_env() -> Result<Self, ConfigError> {
        let aws = aws::sdk_config()?;
        let http_client = HttpClient::new().map_err(|error| ConfigError::new("the HTTP client", error.to_string()))?;
        let vendor = match config::parsed("VENDOR", VendorName::default())? {
            VendorName::Dropsuite => {
                Vendor::Dropsuite(Dropsuite::new(dropsuite::Config::from_env()?, http_client.clone()))
            }
            VendorName::Dropbox => Vendor::Dropbox(Dropbox::new(dropbox::Config::from_env()?, http_client.clone())),
        };
        let sealer = Arc::new(Sealer::from_env(&aws));
        let identity_providers = IdentityProviders::new(IdentityConfig::from_env(), http_client.clone());
        let connectwise = match config::optional("CONNECTWISE_CLIENT_ID") {
            Some(_) => Some(ConnectWise::new(connectwise::Config::from_env()?, http_client)),
            None => None,
        };
        let default = u64::try_from(DEADLINE.as_millis()).unwrap_or(u64::MAX);
        Ok(Self {
            applications: Applications::from_env(&aws)?,
            store: Store::from_env(&aws),
            vendor,
            partner_credentials: PartnerCredentialStore::new(Arc::clone(&sealer)),
            sealer,
            connectwise,
            identity_providers,
            dead_letters: DeadLetters::from_env(&aws),
            portal_url: config::optional("PORTAL_URL")
                .map(|url| Url::parse(&url))
                .transpose()
                .map_err(|error| ConfigError::new("PORTAL_URL", error.to_string()))?,
            ticket_policy: TicketPolicy::from_env()?,
            reporters: Reporters::from_env(&aws),
            check_queue: CheckQueue::from_env(&aws),
            audit_queue: AuditQueue::from_env(&aws),
            fair_use: FairUse::from_env()?,
            clock: Arc::new(SystemClock),
            deadline: Duration::from_millis(config::parsed("REQUEST_DEADLINE_MS", default)?),
        })
    }
}
