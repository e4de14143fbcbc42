//! What each endpoint of the BSS does (`reference/bss.md`, "Endpoints").
//!
//! An endpoint is a value. A function's binary serves one; the local gateway, the registration table and the tests go
//! through [`ALL`].

pub mod accounts;
pub mod addons;
pub mod fields;
pub mod service;
pub mod subscriptions;

use std::fmt;

use futures::future::BoxFuture;
use http::Method;
use serde::Serialize;

use crate::bss::ResultEnvelope;
use crate::call::Call;
use crate::failure::Failure;

/// Where the endpoints are, below the host.
pub const BASE_PATH: &str = "/api/interworks";

/// Every endpoint, in the order of the BSS's registration page.
pub static ALL: [&Endpoint; 15] = [
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

/// How an endpoint is run.
pub type Run = for<'a> fn(&'a Call<'a>) -> BoxFuture<'a, Result<Answer, Failure>>;

/// One endpoint.
pub struct Endpoint {
    /// Its path below [`BASE_PATH`], without a leading slash; with `/` as `-`, the name of its function.
    pub path: &'static str,
    /// The method that it takes.
    pub method: Method,
    /// The section of the registration page that asks for its URL.
    pub section: &'static str,
    /// What the registration page calls it.
    pub title: &'static str,
    /// Whether its URL is also to be entered in the registration page's authentication section.
    pub authenticated: bool,
    /// What it does.
    pub run: Run,
}

impl Endpoint {
    /// The name of its function.
    pub fn name(&self) -> String {
        self.path.replace('/', "-")
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// What an endpoint answers when it was not refused.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The envelope's code; 0 for answers without an envelope.
    pub code: i32,
    /// The JSON.
    pub body: Vec<u8>,
}

impl Answer {
    /// A body that is no envelope.
    pub fn json(body: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_vec(body).map_err(Failure::internal)?;
        Ok(Self { code: 0, body })
    }

    /// An envelope.
    pub fn envelope(envelope: &ResultEnvelope) -> Result<Self, Failure> {
        Ok(Self { code: envelope.code, ..Self::json(envelope)? })
    }
}
