//! What the MSPs' portal calls. Bodies and answers are JSON; README, "The portal", tells each.

pub mod additions;
pub mod agreements;
mod billing_check;
pub mod companies;
mod field_errors;
pub mod links;
pub mod organizations;
pub mod plans;
mod request;
pub mod session;
pub mod settings;
pub mod tickets;

pub use field_errors::{Faults, failed};
pub use request::{PortalRequest, body};

use super::Endpoint;

/// Where the portal is, below the host; the endpoints' paths begin with it.
pub const BASE_PATH: &str = "/portal";

/// Every endpoint of the portal, in the order in which an MSP meets them.
pub static PORTAL_ENDPOINTS: [&Endpoint; 23] = [
    &session::create::ENDPOINT,
    &settings::credentials::ENDPOINT,
    &settings::options::ENDPOINT,
    &settings::save::ENDPOINT,
    &settings::get::ENDPOINT,
    &plans::create::ENDPOINT,
    &plans::update::ENDPOINT,
    &plans::deactivate::ENDPOINT,
    &plans::list::ENDPOINT,
    &companies::list::ENDPOINT,
    &agreements::list::ENDPOINT,
    &organizations::create::ENDPOINT,
    &organizations::update::ENDPOINT,
    &organizations::suspend::ENDPOINT,
    &organizations::activate::ENDPOINT,
    &organizations::unsubscribe::ENDPOINT,
    &links::create::ENDPOINT,
    &links::list::ENDPOINT,
    &links::delete::ENDPOINT,
    &additions::list::ENDPOINT,
    &additions::retry::ENDPOINT,
    &tickets::list::ENDPOINT,
    &tickets::retry::ENDPOINT,
];
