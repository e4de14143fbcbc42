//! The HTTP endpoints, one file per URL: the BSS's (`docs/vendors/bss.md`, "Endpoints"), the portal's and the reporters'.
//! The portal's logic is here as well.
//!
//! An endpoint is a value. A function's binary serves one endpoint. The local gateway, the registration table and the tests
//! iterate over [`all_endpoints`] and [`BSS_ENDPOINTS`].
//!
//! This room imports `app`, `auth`, `bss`, `connectwise`, `domain`, `http_client`, `provisioning`, `store`, `vendor`
//! and `workers`. It never knows how a function is started.

pub mod accounts;
pub mod actions;
pub mod addons;
mod contract;
mod endpoint;
pub mod fields;
pub mod portal;
pub mod service;
pub mod subscriptions;

pub use contract::{Contract, QueryParameter, QueryType, RequestBody};
pub use endpoint::{
    Access, AnonymousHandler, BASE_PATH, BssHandler, Endpoint, EndpointResponse, PageHandler, PortalHandler,
    ReportHandler, UsageHandler,
};

/// All endpoints of the BSS, in the order of its registration page.
pub static BSS_ENDPOINTS: [&Endpoint; 17] = [
    &fields::get::ENDPOINT,
    &fields::validate::ENDPOINT,
    &fields::additionalinfo::ENDPOINT,
    &service::definitions::ENDPOINT,
    &accounts::syncoptions::ENDPOINT,
    &accounts::synchronize::ENDPOINT,
    &accounts::delete::ENDPOINT,
    &accounts::exists::ENDPOINT,
    &subscriptions::create::ENDPOINT,
    &subscriptions::update::ENDPOINT,
    &subscriptions::upgradetopaid::ENDPOINT,
    &subscriptions::activate::ENDPOINT,
    &subscriptions::suspend::ENDPOINT,
    &subscriptions::cancel::ENDPOINT,
    &addons::create::ENDPOINT,
    &addons::update::ENDPOINT,
    &addons::cancel::ENDPOINT,
];

/// Iterates over all endpoints of the APIs: the BSS's, the portal's and the reporters'.
pub fn all_endpoints() -> impl Iterator<Item = &'static Endpoint> {
    BSS_ENDPOINTS.into_iter().chain(portal::PORTAL_ENDPOINTS).chain([&actions::report::ENDPOINT])
}

/// Iterates over all that the gateway serves: the endpoints of the APIs, and the portal's pages.
pub fn all_served() -> impl Iterator<Item = &'static Endpoint> {
    all_endpoints().chain([&portal::app::ENDPOINT])
}
