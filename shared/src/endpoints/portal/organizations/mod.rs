//! Organizations of an MSP.
//!
//! This folder has the logic of `portal/organizations/…`. An organization that the MSP sells in the portal is a company of its
//! ConnectWise, with one subscription at the vendor: `requests.rs` has the bodies and their checks, `sale.rs` sells a plan to
//! a company, `changes.rs` changes what was sold, and `order.rs` sends an order and finds a company's subscription.
//! `customers.rs` shows all organizations that the vendor has for the MSP, `customer_row.rs` has a row of them, and
//! `sign_in.rs` signs in to them.
//!
//! A company has one subscription at a time. It is provisioned like an order of the BSS, for an account of the MSP's own
//! installation whose id is the company's number. The addition in ConnectWise follows from the table's stream.

pub mod activate;
mod changes;
pub mod create;
mod customer_row;
mod customers;
pub mod get;
pub mod impersonate;
pub mod invite;
pub mod list;
mod order;
mod requests;
mod sale;
mod sign_in;
pub mod suspend;
pub mod unsubscribe;
pub mod update;

pub use changes::{set_state, update};
pub use customer_row::{CustomerRow, Seller, StateView};
pub use customers::{
    BackupState, CustomerDetails, CustomerPage, CustomerRef, List, LoginView, MAX_ROWS, MailboxView, ORGANIZATION,
    QUERY, TenantStateView, TenantView, get, list,
};
pub use order::OrganizationView;
pub use requests::{CreateOrganization, OrganizationRef, PriceUpdate, UpdateOrganization};
pub use sale::create;
pub use sign_in::{Invitation, MAILS_PER_WINDOW, SignInLink, impersonate, invite};
