//! The billing audit of an MSP: its run, the additions that a run has found so far, the findings, the summaries of the last
//! runs, and the MSP's choices. What was done about findings is in the [history](super::history).
//!
//! All of it stands in the partition of the MSP. A finding is an item of its own, which is written only when it changes, so a
//! night without a change costs no write for findings, however many there are.

mod finding;
mod found;
mod run;
mod settings;
mod summary;

pub use finding::{Dismissal, Finding, FindingKind, Fix, Money, MoneyDirection};
pub use found::FoundAddition;
pub use run::{AuditProgress, AuditRun, AuditState};
pub use settings::AuditSettings;
pub use summary::{AuditSummary, FindingSums, MAX_SUMMARIES};
