//! The context of one request, which an endpoint receives.

use std::net::IpAddr;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::app::request_ids::RequestIdLog;
use crate::auth::partner_credentials::PartnerCredentialStore;
use crate::bss::{self, Settings};
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ApplicationId;
use crate::http_client::Deadline;
use crate::http_client::OutboundCallLog;
use crate::store::InFlightJob;
use crate::vendor::VendorContext;

/// A request whose caller is unknown or not yet authorized.
#[derive(Debug)]
pub struct AnonymousRequest<'a> {
    /// The clients and settings of the function.
    pub app: &'a App,
    /// The unique id of the request. It identifies the request in the log and owns its leases.
    pub request_id: String,
    /// Path of the endpoint, below its prefix.
    pub endpoint: &'static str,
    /// The caller's address, as the gateway saw it. `None` if it is unknown.
    pub source: Option<IpAddr>,
    /// The host that the gateway was called at. `None` if it is unknown.
    pub host: Option<String>,
    /// Secret of a sign-in that this browser began. `None` without one.
    pub sign_in_secret: Option<SecretString>,
    /// `true` if the browser says that a page of the portal makes the request.
    pub is_own_page: bool,
    /// The time by which the response must be sent.
    pub deadline: Deadline,
    /// The outbound calls of the request.
    pub outbound_calls: OutboundCallLog,
    /// The ids in the request, for its log line.
    pub ids: RequestIdLog,
    pub(crate) body: &'a [u8],
}

impl<'a> AnonymousRequest<'a> {
    /// Returns the context of this request for the caller `application`, with these settings.
    pub fn authorized(&self, application: ApplicationId, settings: Settings) -> RequestContext<'a> {
        RequestContext {
            app: self.app,
            application,
            settings,
            request_id: self.request_id.clone(),
            endpoint: self.endpoint,
            deadline: self.deadline,
            recovering: None,
            outbound_calls: self.outbound_calls.clone(),
            ids: self.ids.clone(),
            body: self.body,
        }
    }

    /// Returns the context of vendor calls with these settings.
    pub fn vendor_context<'s>(&'s self, settings: &'s Settings) -> VendorContext<'s> {
        VendorContext { settings, deadline: self.deadline, outbound_calls: &self.outbound_calls }
    }
}

/// A request for the page or an asset.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest<'a> {
    /// The path, below any stage or base path.
    pub path: &'a str,
    /// `true` if the browser accepts gzip.
    pub accepts_gzip: bool,
}

/// A request whose caller is authorized. Only `runtime`, the recovery of abandoned jobs, the look at renewals and the move of a team
/// create one.
#[derive(Debug)]
pub struct RequestContext<'a> {
    /// The clients and settings of the function.
    pub app: &'a App,
    /// The calling installation.
    pub application: ApplicationId,
    /// The partner's settings.
    pub settings: Settings,
    /// The unique id of the request. It identifies the request in the log and owns its leases.
    pub request_id: String,
    /// Path of the endpoint, below its prefix.
    pub endpoint: &'static str,
    /// The time by which the response must be sent.
    pub deadline: Deadline,
    /// The abandoned job that is being recovered, if the recovery made this context. Then nothing new is created at the
    /// vendor, because the customer may no longer want it, and a retry by the original caller takes precedence.
    pub recovering: Option<InFlightJob>,
    /// The outbound calls of the request.
    pub outbound_calls: OutboundCallLog,
    /// The ids in the request, for its log line.
    pub ids: RequestIdLog,
    pub(crate) body: &'a [u8],
}

impl<'a> RequestContext<'a> {
    /// Returns the context of a background function, whose work has no caller and no body. The settings are empty.
    pub fn in_background(
        app: &'a App,
        application: ApplicationId,
        request_id: String,
        endpoint: &'static str,
        deadline: Deadline,
    ) -> Self {
        Self {
            app,
            application,
            settings: Settings::default(),
            request_id,
            endpoint,
            deadline,
            recovering: None,
            outbound_calls: OutboundCallLog::default(),
            ids: RequestIdLog::default(),
            body: &[],
        }
    }

    /// Parses the body, as [`bss::parse`] does.
    ///
    /// # Errors
    /// [`ErrorCode::BadRequest`](crate::domain::error_code::ErrorCode::BadRequest), which names the property.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        Ok(bss::parse(self.body)?)
    }

    /// Returns the current time.
    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// Stores the partner's settings, encrypted, for jobs that run without a caller. Returns their id, as
    /// [`save`](crate::auth::partner_credentials::PartnerCredentialStore::save) does.
    pub async fn save_credentials(&self) -> Option<Fingerprint> {
        self.app.partner_credentials.save(&self.app.store, self.application, &self.settings).await
    }

    /// Returns the id under which [`save_credentials`](Self::save_credentials) stores the partner's settings.
    pub fn credentials_id(&self) -> Fingerprint {
        PartnerCredentialStore::id(&self.settings)
    }

    /// Returns the context of vendor calls.
    pub fn vendor_context(&self) -> VendorContext<'_> {
        VendorContext { settings: &self.settings, deadline: self.deadline, outbound_calls: &self.outbound_calls }
    }
}
