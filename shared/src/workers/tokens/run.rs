//! A run, and its input.

use serde::Deserialize;

use crate::app::App;
use crate::domain::dry_run::dry_run_by_default;
use crate::domain::msp::MspId;
use crate::http_client::{Deadline, OutboundCallLog};

/// Input of a run.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    /// The MSP, or one of its tokens, by id.
    #[serde(deserialize_with = "MspId::deserialize_derived")]
    pub old: MspId,
    /// The id that the new token would give an MSP of its own.
    #[serde(deserialize_with = "MspId::deserialize_derived")]
    pub new: MspId,
    /// `false` to replace the token. Otherwise the run only reports what it would do.
    #[serde(default = "dry_run_by_default")]
    pub dry_run: bool,
    /// Accounts of the partner, as `APPLICATION_ID/ACCOUNT_ID`, besides those that it has linked. Required of a partner that
    /// never signed in to the portal.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Number of organizations, as the dry run counted them, that the new token need not show.
    #[serde(default)]
    pub not_shown: usize,
}

/// A run within its time.
pub(super) struct Run<'a> {
    pub(super) app: &'a App,
    pub(super) event: &'a Event,
    pub(super) deadline: Deadline,
    pub(super) outbound_calls: &'a OutboundCallLog,
}
