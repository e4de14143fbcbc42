//! ConnectWise Manage, the MSP's own back office: a typed client of its REST API, and what is kept the same there: the
//! [`additions`] of agreements and the service [`tickets`]. Facts: `reference/connectwise.md`.
//!
//! A module per kind of records makes values ([`One`], [`List`], [`Wanted`]) out of wishes and reads its records out of
//! answers; [`Client`] alone sends. Nothing is created without a look for it by our own key first, since ConnectWise knows
//! no idempotency keys and a create that was not answered may have been made: see [`Client::find_or_create`].

pub mod addition;
pub mod additions;
pub mod agreement;
mod answer;
pub mod board;
mod call;
pub mod catalog;
pub mod category;
mod client;
mod codebase;
pub mod company;
mod config;
pub mod configuration;
mod credentials;
pub mod date;
pub mod errand;
mod error;
mod explain;
mod id;
pub mod menu;
pub mod note;
mod patch;
mod query;
pub mod redrive;
mod rights;
mod search;
mod site;
pub mod system;
mod text;
pub mod ticket;
pub mod tickets;

pub use call::{List, One, Record};
pub use client::{Client, ConnectWise};
pub use config::{Config, REQUESTS_PER_MINUTE};
pub use credentials::{Credentials, CredentialsError};
pub use error::{ConnectWiseError, Fault, Reason, Refusal};
pub use id::{
    AdditionId, AgreementId, BoardId, CatalogItemId, CategoryId, CompanyId, ConfigurationId, ConfigurationStatusId,
    ConfigurationTypeId, MenuEntryId, MenuLocationId, NoteId, ProductTypeId, Reference, StatusId, SubcategoryId,
    TicketId,
};
pub use rights::Right;
pub use search::{Search, Wanted};
pub use site::{Site, SiteError};

/// The release whose models are read. Without it the newest answers, and changes under us.
const MODELS: &str = "application/vnd.connectwise.com+json; version=2025.16";
