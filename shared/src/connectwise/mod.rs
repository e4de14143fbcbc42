//! A typed client of ConnectWise Manage, the MSP's own back office. Facts: `docs/vendors/connectwise.md`.
//!
//! Each module of [`api`] covers one record type: it builds requests ([`SingleRequest`], [`ListRequest`],
//! [`FindOrCreate`]) and defines the records that are read from responses. Only [`Client`] sends. ConnectWise has no
//! idempotency keys, so every create follows a lookup by our own key: see [`Client::find_or_create`].
//!
//! This room imports `config`, `domain` and `http_client`. It never knows a table, a subscription or a ticket's text.

pub mod api;
mod classify;
mod client;
mod codebase;
mod config;
mod credentials;
pub mod date;
mod decode;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod id;
mod lookup;
mod patch;
mod permission;
mod permission_check;
mod probe;
mod query;
mod request;
mod site;
mod text;
mod user_message;

pub use client::{Client, ConnectWise};
pub use config::{Config, REQUESTS_PER_MINUTE};
pub use credentials::{Credentials, CredentialsError};
pub use error::{ConnectWiseError, FieldError, Rejection, RejectionReason};
pub use id::{
    AdditionId, AgreementId, AssociationId, BoardId, CatalogItemId, CategoryId, CompanyId, ConfigurationId,
    ConfigurationStatusId, ConfigurationTypeId, ContactId, CustomFieldId, ItemId, MenuEntryId, MenuLocationId, NoteId,
    PriorityId, ProductTypeId, Reference, SourceId, StatusId, SubcategoryId, SubtypeId, TicketId, TicketTypeId,
};
pub use lookup::{FindOrCreate, Lookup};
pub use permission::Permission;
pub use request::{Entity, ListRequest, PAGE_SIZE, SingleRequest};
pub use site::{Site, SiteError};

/// The pinned version of the API's models. Without it, ConnectWise answers with the newest version, which changes over
/// time.
const MODELS: &str = "application/vnd.connectwise.com+json; version=2025.16";
