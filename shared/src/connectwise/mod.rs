//! A typed client of ConnectWise Manage, the MSP's own back office. Facts: `reference/connectwise.md`.
//!
//! A module of [`api`] per record type makes requests ([`One`], [`List`], [`Wanted`]) and reads its records from responses;
//! [`Client`] alone sends. ConnectWise knows no idempotency keys, so nothing is created without a lookup by our own key
//! first: see [`Client::find_or_create`].
//!
//! This room imports `domain` and `http_client`. It never knows a table, a subscription or a ticket's text.

pub mod api;
mod client;
mod codebase;
mod config;
mod credentials;
pub mod date;
mod decode;
mod error;
mod id;
mod lookup;
mod patch;
mod permissions;
mod query;
mod request;
mod site;
mod text;
mod user_message;

pub use client::{Client, ConnectWise};
pub use config::{Config, REQUESTS_PER_MINUTE};
pub use credentials::{Credentials, CredentialsError};
pub use error::{ConnectWiseError, Fault, Reason, Refusal};
pub use id::{
    AdditionId, AgreementId, BoardId, CatalogItemId, CategoryId, CompanyId, ConfigurationId, ConfigurationStatusId,
    ConfigurationTypeId, MenuEntryId, MenuLocationId, NoteId, ProductTypeId, Reference, StatusId, SubcategoryId,
    TicketId,
};
pub use lookup::{Search, Wanted};
pub use permissions::Right;
pub use request::{List, One, Record};
pub use site::{Site, SiteError};

/// The release whose models are read. Without it the newest answers, and changes under us.
const MODELS: &str = "application/vnd.connectwise.com+json; version=2025.16";
