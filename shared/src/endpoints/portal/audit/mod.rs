//! The billing audit of an MSP: what Dropsuite bills, what was sold and what ConnectWise invoices, side by side.
//!
//! This folder has the logic of `portal/audit/…`: `changes.rs` starts a run, applies and dismisses findings and writes the
//! MSP's choices, `reports.rs` has the lists and the export, and `view.rs` the rows.

pub mod apply;
mod changes;
pub mod csv;
pub mod dismiss;
pub mod list;
mod reports;
pub mod run;
pub mod settings;
mod view;

pub use changes::{
    AppliedFindings, ApplyFindings, DismissFindings, DismissedFindings, FixResult, Outcome, RunAudit, SavedSettings,
    StartedAudit, UpdateSettings, apply, dismiss, run, save_settings,
};
pub use reports::{AuditPage, CSV_QUERY, LIST_QUERY, export, list};
pub use view::{ApplyMode, AuditView, FindingView, MoneyView, RunView, SettingsView, StateView};
