//! One authorized request, as an endpoint is given it.

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::bss::{self, Settings};
use crate::domain::error::ServiceError;
use crate::domain::ids::ApplicationId;
use crate::http_client::OutboundCallLog;
use crate::http_client::Deadline;
use crate::store::InFlightJob;
use crate::vendor::VendorContext;

/// A request whose caller is not known, or not yet.
#[derive(Debug)]
pub struct AnonymousRequest<'a> {
    /// What the function holds.
    pub app: &'a App,
    /// Names this request in the log and owns its leases; never used twice.
    pub request_id: String,
    /// When the answer must have left.
    pub deadline: Deadline,
    /// The vendor calls made for it.
    pub outbound_calls: OutboundCallLog,
    pub(crate) body: &'a [u8],
}

impl<'a> AnonymousRequest<'a> {
    /// The request as one of `application`, with these settings.
    pub fn call(&self, application: ApplicationId, settings: Settings) -> RequestContext<'a> {
        RequestContext {
            app: self.app,
            application,
            settings,
            request_id: self.request_id.clone(),
            deadline: self.deadline,
            recovering: None,
            outbound_calls: self.outbound_calls.clone(),
            body: self.body,
        }
    }

    /// What vendor calls with these settings need.
    pub fn session<'s>(&'s self, settings: &'s Settings) -> VendorContext<'s> {
        VendorContext { settings, deadline: self.deadline, log: &self.outbound_calls }
    }
}

/// A request whose caller is known. Only the edge makes one, after authorization.
#[derive(Debug)]
pub struct RequestContext<'a> {
    /// What the function holds.
    pub app: &'a App,
    /// The installation that calls.
    pub application: ApplicationId,
    /// The partner's settings.
    pub settings: Settings,
    /// Names this request in the log and owns its leases; never used twice.
    pub request_id: String,
    /// When the answer must have left.
    pub deadline: Deadline,
    /// The work that it finishes, if nobody asks for it any more. Then nothing new is made at the vendor, since nobody may be
    /// left who pays for it, and whoever came back for the work goes first.
    pub recovering: Option<InFlightJob>,
    /// The vendor calls made for it.
    pub outbound_calls: OutboundCallLog,
    pub(crate) body: &'a [u8],
}

impl RequestContext<'_> {
    /// The body, read tolerantly.
    ///
    /// # Errors
    /// [`Code::BadRequest`](crate::domain::error_code::Code::BadRequest), naming the property.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        Ok(bss::parse(self.body)?)
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// What vendor calls need.
    pub fn session(&self) -> VendorContext<'_> {
        VendorContext { settings: &self.settings, deadline: self.deadline, log: &self.outbound_calls }
    }
}
