//! What each endpoint does: those of the BSS (`reference/bss.md`, "Endpoints"), those of the MSPs' portal, and the one for
//! reports.
//!
//! An endpoint is a value. A function's binary serves one; the local gateway, the registration table and the tests go
//! through [`every`] and [`ALL`].

pub mod accounts;
pub mod actions;
pub mod addons;
pub mod fields;
pub mod portal;
pub mod service;
pub mod subscriptions;

use std::fmt;

use futures::future::BoxFuture;
use http::Method;
use serde::Serialize;

use crate::app::request::{RequestContext, AnonymousRequest};
use crate::auth::reporters::Signed;
use crate::bss::ResultEnvelope;
use crate::domain::error::ServiceError;
use crate::endpoints::portal::PortalRequest;

/// Where the BSS's endpoints are, below the host.
pub const BASE_PATH: &str = "/api/interworks";

/// Every endpoint of the BSS, in the order of its registration page.
pub static BSS_ENDPOINTS: [&Endpoint; 15] = [
    &fields::get::ENDPOINT,
    &fields::validate::ENDPOINT,
    &service::definitions::ENDPOINT,
    &accounts::syncoptions::ENDPOINT,
    &accounts::synchronize::ENDPOINT,
    &accounts::delete::ENDPOINT,
    &accounts::exists::ENDPOINT,
    &subscriptions::create::ENDPOINT,
    &subscriptions::update::ENDPOINT,
    &subscriptions::activate::ENDPOINT,
    &subscriptions::suspend::ENDPOINT,
    &subscriptions::cancel::ENDPOINT,
    &addons::create::ENDPOINT,
    &addons::update::ENDPOINT,
    &addons::cancel::ENDPOINT,
];

/// An endpoint of the BSS, as it is run.
pub type BssHandler = for<'a> fn(&'a RequestContext<'a>) -> BoxFuture<'a, Result<EndpointResponse, ServiceError>>;

/// An endpoint of the portal, as it is run.
pub type PortalHandler = for<'a> fn(&'a PortalRequest<'a>) -> BoxFuture<'a, Result<EndpointResponse, ServiceError>>;

/// An endpoint that anybody may call, as it is run.
pub type AnonymousHandler = for<'a> fn(&'a AnonymousRequest<'a>) -> BoxFuture<'a, Result<EndpointResponse, ServiceError>>;

/// An endpoint for reporters, as it is run.
pub type ReportHandler = for<'a> fn(&'a AnonymousRequest<'a>, &'a Signed) -> BoxFuture<'a, Result<EndpointResponse, ServiceError>>;

/// Who is let in, and what is run for them.
#[derive(Clone, Copy)]
pub enum Access {
    /// An installation of the BSS, by its id and key.
    Application {
        /// The section of the registration page that asks for the URL.
        section: &'static str,
        /// What the registration page calls it.
        title: &'static str,
        /// Whether the URL is also to be entered in the registration page's authentication section.
        authenticated: bool,
        /// What it does.
        run: BssHandler,
    },
    /// An MSP, by its session.
    MspSession(PortalHandler),
    /// An MSP that has no session yet.
    Anonymous(AnonymousHandler),
    /// A reporter, by its signature.
    SignedReport(ReportHandler),
}

/// One endpoint.
pub struct Endpoint {
    /// Its path below [`base`](Self::base), without a leading slash.
    pub path: &'static str,
    /// The method that it takes.
    pub method: Method,
    /// Who is let in, and what it does.
    pub access: Access,
}

impl Endpoint {
    /// Where it is, below the host.
    pub fn base(&self) -> &'static str {
        match self.access {
            Access::Application { .. } => BASE_PATH,
            Access::MspSession(_) | Access::Anonymous(_) | Access::SignedReport(_) => "",
        }
    }

    /// Its whole path.
    pub fn url(&self) -> String {
        format!("{}/{}", self.base(), self.path)
    }

    /// The name of its function.
    pub fn name(&self) -> String {
        self.path.replace('/', "-")
    }

    /// The section of the registration page, its title there, and whether the authentication section asks for it as well.
    /// No others are on that page.
    pub fn registration_entry(&self) -> Option<(&'static str, &'static str, bool)> {
        match self.access {
            Access::Application { section, title, authenticated, .. } => Some((section, title, authenticated)),
            Access::MspSession(_) | Access::Anonymous(_) | Access::SignedReport(_) => None,
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url())
    }
}

/// Every endpoint: the BSS's, the portal's, and that of reports.
pub fn all_endpoints() -> impl Iterator<Item = &'static Endpoint> {
    BSS_ENDPOINTS.into_iter().chain(portal::PORTAL_ENDPOINTS).chain([&actions::report::ENDPOINT])
}

/// What an endpoint answers when it was not refused.
#[derive(Clone, Debug)]
pub struct EndpointResponse {
    /// The envelope's code; 0 for answers without an envelope.
    pub code: i32,
    /// The JSON.
    pub body: Vec<u8>,
}

impl EndpointResponse {
    /// A body that is no envelope.
    pub fn json(body: &impl Serialize) -> Result<Self, ServiceError> {
        let body = serde_json::to_vec(body).map_err(ServiceError::internal)?;
        Ok(Self { code: 0, body })
    }

    /// An envelope.
    pub fn envelope(envelope: &ResultEnvelope) -> Result<Self, ServiceError> {
        Ok(Self { code: envelope.code, ..Self::json(envelope)? })
    }
}
