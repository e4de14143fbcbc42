//! The vendors that a deployment can sell. Each vendor is a folder: its contract as data, and pure functions from the
//! desired state to requests and from responses to outcomes. Each vendor has one arm in every `match` of [`Vendor`].
//!
//! This room imports `bss`, `config`, `domain`, `http_client` and `store` (records, never the table). It never knows
//! who called, an HTTP status of ours, or ConnectWise.

mod context;
mod customers;
mod decode;
mod definition;
mod dispatch;
pub mod dropbox;
pub mod dropsuite;
mod error;
mod migration;
mod model;
mod name;
mod sender;
mod step;
mod target;

pub use context::VendorContext;
pub(crate) use decode::decode_json;
pub use dispatch::Vendor;
pub use error::{VendorError, other_channel_error};
pub use model::{
    AccountPresence, BackupFailure, BackupStatus, Customer, CustomerAccess, CustomerList, CustomerState, Extent,
    ListedPlan, LoginAccount, MailboxBackup, MailboxList, OfferedPlan, Organization, PartialList, Provisioned,
    SearchPage, ShownTenant, ShownTrial, Tenant, TenantState,
};
pub use name::VendorName;
pub use step::{CreatedResource, NextStep, Progress, Step};
pub use target::{AccountTarget, Reactivation, SearchCriteria, SubscriptionTarget};
