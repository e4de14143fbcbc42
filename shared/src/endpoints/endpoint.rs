//! An endpoint as a value: its path, its caller and its handler; and the response that a handler gives.

use crate::app::grant::Grant;
use crate::app::request::{AnonymousRequest, PageRequest, RequestContext};
use crate::auth::reporters::VerifiedReport;
use crate::bss::ResultEnvelope;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::Contract;
use crate::endpoints::portal::usage::UsageRequest;
use crate::endpoints::portal::{self, PortalRequest};
use futures::future::BoxFuture;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, Method};
use serde::Serialize;
use std::fmt;

/// Path prefix of the BSS's endpoints.
pub const BASE_PATH: &str = "/api/interworks";

/// Handler of a BSS endpoint.
pub type BssHandler = for<'a> fn(&'a RequestContext<'a>) -> BoxFuture<'a, Result<EndpointResponse, ServiceError>>;

/// Handler of a portal endpoint that needs a session.
pub type PortalHandler = for<'a> fn(&'a PortalRequest<'a>) -> BoxFuture<'a, Result<EndpointResponse, ServiceError>>;

/// Handler of an endpoint that a key reads.
pub type UsageHandler = for<'a> fn(&'a UsageRequest<'a>) -> BoxFuture<'a, Result<EndpointResponse, ServiceError>>;

/// Handler of an endpoint without authentication.
pub type AnonymousHandler =
    for<'a> fn(&'a AnonymousRequest<'a>) -> BoxFuture<'a, Result<EndpointResponse, ServiceError>>;

/// Handler of an endpoint for signed reports.
pub type ReportHandler =
    for<'a> fn(&'a AnonymousRequest<'a>, &'a VerifiedReport) -> BoxFuture<'a, Result<EndpointResponse, ServiceError>>;

/// Handler of a page and its assets.
pub type PageHandler = fn(&PageRequest<'_>) -> Result<EndpointResponse, ServiceError>;

/// The authentication that an endpoint requires, and its handler.
#[derive(Clone, Copy)]
pub enum Access {
    /// An installation of the BSS, identified by its application id and API key.
    Application {
        /// Section of the BSS's registration page that has the URL's field.
        section: &'static str,
        /// Label of the URL's field on the registration page.
        title: &'static str,
        /// `true` if the registration page's authentication section has a field for the URL as well.
        authenticated: bool,
        /// The handler.
        run: BssHandler,
    },
    /// A person of an MSP, identified by its session, with at least this role.
    MspSession(Role, PortalHandler),
    /// Another program of an MSP, identified by a key that reads the usage.
    UsageKey(UsageHandler),
    /// Any caller: an MSP that has no session yet.
    Anonymous(AnonymousHandler),
    /// A reporter, identified by its signature.
    SignedReport(ReportHandler),
    /// Any browser: a page, and the assets one level below its path.
    Page(PageHandler),
}

/// An HTTP endpoint.
pub struct Endpoint {
    /// Path below [`base`](Self::base), without a leading slash.
    pub path: &'static str,
    /// The only HTTP method that the endpoint accepts.
    pub method: Method,
    /// The types of its bodies, and its query parameters.
    pub contract: Contract,
    /// AWS permissions of the endpoint's function: these and no others. The role in `template.yaml` is compared with them.
    pub grants: &'static [Grant],
    /// Required authentication, and the handler.
    pub access: Access,
}

impl Endpoint {
    /// Returns the path prefix: [`BASE_PATH`] for the BSS, empty otherwise.
    pub fn base(&self) -> &'static str {
        match self.access {
            Access::Application { .. } => BASE_PATH,
            Access::MspSession(..)
            | Access::UsageKey(_)
            | Access::Anonymous(_)
            | Access::SignedReport(_)
            | Access::Page(_) => "",
        }
    }

    /// Returns the full path.
    pub fn url(&self) -> String {
        match self.access {
            Access::Page(_) => portal::BASE_PATH.to_owned(),
            Access::Application { .. }
            | Access::MspSession(..)
            | Access::UsageKey(_)
            | Access::Anonymous(_)
            | Access::SignedReport(_) => {
                format!("{}/{}", self.base(), self.path)
            }
        }
    }

    /// Returns the paths of the endpoint's routes in the gateway: its URL, and that of a page's assets.
    pub fn routes(&self) -> Vec<String> {
        let url = self.url();
        let assets = matches!(self.access, Access::Page(_)).then(|| format!("{url}/{{asset}}"));
        std::iter::once(url).chain(assets).collect()
    }

    /// Returns `true` if `path`, which may begin with a stage or base path, belongs to one of the routes.
    pub fn serves(&self, path: &str) -> bool {
        let url = self.url();
        let is_asset = || path.rsplit_once('/').is_some_and(|(above, _)| above.ends_with(&url));
        path.trim_end_matches('/').ends_with(&url) || matches!(self.access, Access::Page(_)) && is_asset()
    }

    /// Returns the name of the Lambda function: the path with hyphens.
    pub fn name(&self) -> String {
        self.path.replace('/', "-")
    }

    /// Returns the endpoint's entry on the BSS's registration page: section, label, and `true` if the authentication section
    /// has the URL as well. `None` for an endpoint that the BSS does not call.
    pub fn registration_entry(&self) -> Option<(&'static str, &'static str, bool)> {
        match self.access {
            Access::Application { section, title, authenticated, .. } => Some((section, title, authenticated)),
            Access::MspSession(..)
            | Access::UsageKey(_)
            | Access::Anonymous(_)
            | Access::SignedReport(_)
            | Access::Page(_) => None,
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url())
    }
}

/// A successful response.
#[derive(Clone, Debug)]
pub struct EndpointResponse {
    /// The envelope's code; 0 for a response without an envelope.
    pub code: i32,
    /// The body: JSON, unless `headers` has another content type.
    pub body: Vec<u8>,
    /// Headers of the response besides those that every response has.
    pub headers: HeaderMap,
}

impl EndpointResponse {
    /// Builds a response whose body is plain JSON, without an envelope.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`](crate::domain::error_code::ErrorCode::Internal) if `body` cannot be serialized.
    pub fn json(body: &impl Serialize) -> Result<Self, ServiceError> {
        let body = serde_json::to_vec(body).map_err(ServiceError::internal)?;
        Ok(Self { code: 0, body, headers: HeaderMap::new() })
    }

    /// Builds a response whose body is the BSS's envelope.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`](crate::domain::error_code::ErrorCode::Internal) if `envelope` cannot be serialized.
    pub fn envelope(envelope: &ResultEnvelope) -> Result<Self, ServiceError> {
        Ok(Self { code: envelope.code(), ..Self::json(envelope)? })
    }

    /// Adds the header `Set-Cookie`.
    #[must_use]
    pub fn with_cookie(mut self, value: HeaderValue) -> Self {
        self.headers.insert(SET_COOKIE, value);
        self
    }
}
