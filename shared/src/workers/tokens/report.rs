//! The report of a run. Its lists are bounded.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::store::SyncState;

/// Maximum length of a list in the report.
const MAX_LISTED: usize = 20;

/// Number of tickets in a page.
const TICKET_PAGE: usize = 100;

/// Result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Something speaks against the replacement. Nothing was changed.
    Refused,
    /// The run was dry. Nothing speaks against the replacement.
    Possible,
    /// The token is replaced, by this run or an earlier one.
    Replaced,
}

/// The result of a run, what stays as it is, and what does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The result.
    pub outcome: Outcome,
    /// `true` if the run was to change nothing.
    pub dry_run: bool,
    /// The MSP, which keeps its id.
    pub msp: MspId,
    /// The id of the token that is in force after the run.
    pub in_force: MspId,
    /// The reasons against the replacement; at most 20.
    pub reasons: Vec<String>,
    /// The organizations by which both tokens are compared. Absent if they were not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizations: Option<Organizations>,
    /// All that the MSP has, and keeps.
    pub keeps: Kept,
    /// All that the new token has of its own, and loses.
    pub discards: Discarded,
}

/// The organizations that the old token had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Organizations {
    /// Number of those that the new token shows.
    pub shown: usize,
    /// Number of those that it does not show.
    pub not_shown: usize,
    /// Ids of those that it does not show; at most 20.
    pub not_shown_ids: Vec<String>,
}

/// The items, additions and tickets of an MSP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// Numbers of items by the beginning of their sort keys, such as `agreement` for links.
    pub items: BTreeMap<String, usize>,
    /// Numbers of additions by state.
    pub additions: BTreeMap<&'static str, usize>,
    /// Numbers of tickets by state.
    pub tickets: BTreeMap<&'static str, usize>,
}

/// The items that the new token has below its own id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Discarded {
    /// Number of links.
    pub links: usize,
    /// Number of items.
    pub items: usize,
    /// Sort keys of the items; at most 20.
    pub listed: Vec<String>,
}

impl Report {
    /// Returns the report of a run that has found nothing yet.
    pub(super) fn new(dry_run: bool, msp: MspId, in_force: MspId) -> Self {
        Self {
            outcome: Outcome::Refused,
            dry_run,
            msp,
            in_force,
            reasons: Vec::new(),
            organizations: None,
            keeps: Kept::default(),
            discards: Discarded::default(),
        }
    }

    /// Refuses the replacement for `reason`.
    pub(super) fn refuse(&mut self, reason: impl Into<String>) {
        self.outcome = Outcome::Refused;
        if self.reasons.len() < MAX_LISTED {
            self.reasons.push(reason.into());
        }
    }
}

impl Organizations {
    /// Returns the numbers, and the first ids that are not shown.
    pub(super) fn new(shown: usize, not_shown: &[&String]) -> Self {
        let not_shown_ids = not_shown.iter().take(MAX_LISTED).map(|id| (*id).clone()).collect();
        Self { shown, not_shown: not_shown.len(), not_shown_ids }
    }
}

impl Discarded {
    /// Counts an item, and lists it if it is among the first.
    pub(super) fn add(&mut self, sort: String) {
        self.items += 1;
        if self.listed.len() < MAX_LISTED {
            self.listed.push(sort);
        }
    }
}

/// Counts what the MSP has.
///
/// # Errors
/// The table did not answer.
pub(super) async fn kept(app: &App, msp: MspId) -> Result<Kept, ServiceError> {
    let (store, mut kept) = (&app.store, Kept::default());
    let mut after: Option<String> = None;
    loop {
        let (items, next) = store.own_items(msp, after.as_deref()).await?;
        for sort in items {
            let kind = sort.split('#').next().unwrap_or_default().to_owned();
            *kept.items.entry(kind).or_default() += 1;
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    for record in store.additions(msp).await? {
        *kept.additions.entry(name(record.sync.state)).or_default() += 1;
    }
    let mut after = None;
    loop {
        let (tickets, next) = store.tickets(msp, after.as_ref(), TICKET_PAGE).await?;
        for record in tickets {
            *kept.tickets.entry(name(record.sync.state)).or_default() += 1;
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    Ok(kept)
}

fn name(state: SyncState) -> &'static str {
    match state {
        SyncState::Pending => "pending",
        SyncState::Synced => "synced",
        SyncState::Failed => "failed",
        SyncState::Unlinked => "unlinked",
        SyncState::Held => "held",
    }
}
