//! Endpoints of the MSPs' portal. Requests and responses are JSON (`docs/reference/portal-api.md`).
//!
//! A folder is a resource: its `mod.rs` has the logic, and one file per URL has the endpoint. Every message of an error is
//! for the MSP.

pub mod additions;
pub mod agreements;
pub mod app;
pub mod audit;
mod billing_check;
mod billing_outlook;
mod billing_words;
pub mod companies;
mod csv;
mod field_errors;
pub mod history;
pub mod identity;
pub mod links;
mod msp_message;
pub mod organizations;
mod paging;
pub mod people;
pub mod plans;
mod query;
pub mod refused_credentials;
mod request;
pub mod session;
pub mod settings;
pub mod snoozes;
pub mod ticketfields;
pub mod ticketrules;
pub mod tickets;
mod trial_view;
pub mod usage;
pub mod usagekey;

pub use field_errors::{FieldErrors, PortalError, error_body};
pub use query::Query;
pub use request::{BASE_PATH, PortalRequest, RequiredMember, body, body_with, ensure_written, portal_address};
pub use trial_view::TrialView;

use super::Endpoint;

/// All endpoints of the portal, in the order in which an MSP uses them.
pub static PORTAL_ENDPOINTS: [&Endpoint; 60] = [
    &session::create::ENDPOINT,
    &session::start::ENDPOINT,
    &session::callback::ENDPOINT,
    &session::get::ENDPOINT,
    &session::delete::ENDPOINT,
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
    &organizations::list::ENDPOINT,
    &organizations::get::ENDPOINT,
    &organizations::create::ENDPOINT,
    &organizations::update::ENDPOINT,
    &organizations::suspend::ENDPOINT,
    &organizations::activate::ENDPOINT,
    &organizations::unsubscribe::ENDPOINT,
    &organizations::impersonate::ENDPOINT,
    &organizations::invite::ENDPOINT,
    &links::create::ENDPOINT,
    &links::list::ENDPOINT,
    &links::delete::ENDPOINT,
    &links::suggestions::ENDPOINT,
    &links::bulk::ENDPOINT,
    &additions::list::ENDPOINT,
    &additions::retry::ENDPOINT,
    &ticketfields::list::ENDPOINT,
    &ticketfields::save::ENDPOINT,
    &ticketfields::delete::ENDPOINT,
    &ticketrules::get::ENDPOINT,
    &ticketrules::save::ENDPOINT,
    &snoozes::list::ENDPOINT,
    &snoozes::save::ENDPOINT,
    &snoozes::delete::ENDPOINT,
    &tickets::list::ENDPOINT,
    &tickets::retry::ENDPOINT,
    &audit::run::ENDPOINT,
    &audit::list::ENDPOINT,
    &audit::csv::ENDPOINT,
    &audit::apply::ENDPOINT,
    &audit::dismiss::ENDPOINT,
    &audit::settings::ENDPOINT,
    &history::list::ENDPOINT,
    &history::csv::ENDPOINT,
    &identity::get::ENDPOINT,
    &identity::save::ENDPOINT,
    &identity::delete::ENDPOINT,
    &people::list::ENDPOINT,
    &people::save::ENDPOINT,
    &people::delete::ENDPOINT,
    &usagekey::create::ENDPOINT,
    &usagekey::get::ENDPOINT,
    &usagekey::revoke::ENDPOINT,
    &usage::list::ENDPOINT,
    &usage::csv::ENDPOINT,
];
