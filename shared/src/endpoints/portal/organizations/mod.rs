//! Organizations that an MSP sells in the portal: a company of its ConnectWise, with one subscription at the vendor.
//!
//! This folder has the logic of `portal/organizations/…`: `requests.rs` has the bodies and their checks, `sale.rs` sells a plan
//! to a company, `changes.rs` changes what was sold, and `order.rs` sends an order and finds a company's subscription.
//!
//! A company has one subscription at a time. It is provisioned like an order of the BSS, for an account of the MSP's own
//! installation whose id is the company's number. The addition in ConnectWise follows from the table's stream.

pub mod activate;
mod changes;
pub mod create;
mod order;
mod requests;
mod sale;
pub mod suspend;
pub mod unsubscribe;
pub mod update;

pub use changes::{set_state, update};
pub use order::OrganizationView;
pub use requests::{CreateOrganization, OrganizationRef, PriceUpdate, UpdateOrganization};
pub use sale::create;
