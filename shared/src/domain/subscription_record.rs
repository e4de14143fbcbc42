//! A subscription as it was last provisioned.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::entitlements::EntitlementPart;
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, PlanId, SubscriptionId};

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionState {
    /// In use.
    Live,
    /// Log-ins are off; billing goes on.
    Suspended,
    /// Ended; the vendor keeps the data for a while.
    Cancelled,
}

/// A live add-on, as far as its resources go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddonRecord {
    /// What the add-on is called in ids.
    pub code: String,
    /// What it adds.
    #[serde(flatten)]
    pub contribution: EntitlementPart,
}

/// What the vendor bills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// The plan.
    pub plan: PlanId,
    /// How many of it.
    pub quantity: u32,
}

/// A subscription of the BSS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionRecord {
    /// The installation that it belongs to.
    pub application: ApplicationId,
    /// The BSS's id.
    pub id: SubscriptionId,
    /// Whose it is.
    pub account: AccountId,
    /// The id that the BSS knows it by.
    pub external_id: ExternalId,
    /// The plan that was ordered.
    pub plan: PlanId,
    /// What the vendor bills for it; none on records that were written before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billed: Option<Billed>,
    /// What the subscription itself has, without its add-ons.
    #[serde(flatten)]
    pub contribution: EntitlementPart,
    /// Its live add-ons.
    pub addons: Vec<AddonRecord>,
    /// Where it stands.
    pub state: SubscriptionState,
    /// Whether it was ordered as a trial and not yet made paid.
    pub trial: bool,
    /// Since when it is live, or was last; none on records that were written before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_since: Option<Timestamp>,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// Counts the writes.
    pub version: u64,
    /// When it was first provisioned.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}
