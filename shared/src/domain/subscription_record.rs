//! The record of a subscription: its state when it was last provisioned.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::entitlements::EntitlementPart;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, PlanId, SubscriptionId};
use crate::domain::term::Renewal;
use crate::domain::trial::{TrialEnd, TrialPeriod, computed_end};

/// The lifecycle state of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionState {
    /// In use.
    Live,
    /// Sign-in is disabled; billing continues.
    Suspended,
    /// Ended; the vendor retains the data for a limited time.
    Cancelled,
}

/// A live add-on with its contribution to the entitlements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddonRecord {
    /// The code, which is part of the add-on's external id.
    pub code: String,
    /// The contribution to the entitlements.
    #[serde(flatten)]
    pub contribution: EntitlementPart,
}

/// The plan and quantity that the vendor bills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    /// The plan.
    pub plan: PlanId,
    /// The quantity.
    pub quantity: u32,
}

/// The record of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionRecord {
    /// The installation that the subscription belongs to.
    pub application: ApplicationId,
    /// The BSS's id.
    pub id: SubscriptionId,
    /// The account that owns the subscription.
    pub account: AccountId,
    /// The external id that the BSS has recorded.
    pub external_id: ExternalId,
    /// The plan that was ordered.
    pub plan: PlanId,
    /// The plan and quantity that the vendor bills; `None` on records older than this attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billed: Option<Billed>,
    /// The contribution of the subscription itself, without its add-ons.
    #[serde(flatten)]
    pub contribution: EntitlementPart,
    /// The live add-ons.
    pub addons: Vec<AddonRecord>,
    /// The lifecycle state.
    pub state: SubscriptionState,
    /// `true` if it was ordered as a trial and is not yet paid.
    pub trial: bool,
    /// The start of the current or last live period; `None` on records older than this attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_since: Option<Timestamp>,
    /// The time from which the current or last live period is paid, and no trial; `None` in a trial, and on records whose
    /// paid time began before this attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_since: Option<Timestamp>,
    /// The time of the cancellation.
    pub cancelled_at: Option<Timestamp>,
    /// The end of the term, if the subscription was cancelled for then: it is live until the end. Of a cancelled one, the end of
    /// the term with which it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// The renewal of a live, paid subscription at a vendor that sells terms; `None` at other vendors, and on records older than
    /// this attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<Renewal>,
    /// The end of a trial that is not cancelled; `None` on records older than this attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_period: Option<TrialPeriod>,
    /// The number of writes.
    pub version: u64,
    /// The time of the first provisioning.
    pub created_at: Timestamp,
    /// The time of the last write.
    pub updated_at: Timestamp,
}

impl SubscriptionRecord {
    /// Returns the end of the term, if the subscription was cancelled for then and is still live.
    pub fn ending_at(&self) -> Option<Timestamp> {
        self.ends_at.filter(|_| self.state == SubscriptionState::Live)
    }

    /// Returns the time from which the recovery job shall look at the subscription: for a notice, at the end of a term that is
    /// not renewed, after a renewal, or at the end of a trial. `None` if there is nothing to look at.
    pub fn look_at(&self) -> Option<Timestamp> {
        let renewal = self.renewal.as_ref().filter(|_| self.state == SubscriptionState::Live);
        let next_look = renewal.and_then(|renewal| renewal.next_look(self.updated_at));
        next_look.into_iter().chain(self.ending_at()).chain(self.look_at_trial()).min()
    }

    /// Returns the start of the current or last live period. On records that are older than the attribute, it is the time of the
    /// first provisioning.
    pub fn sold_since(&self) -> Timestamp {
        self.live_since.unwrap_or(self.created_at)
    }

    /// Returns the end of the trial; `None` if it is no trial, or has ended with the subscription. On records that are older than
    /// the attribute, it is computed: `days` is the length of the vendor's trials.
    pub fn trial_ends_at(&self, days: u32) -> Option<Timestamp> {
        let is_trial = self.trial && self.state != SubscriptionState::Cancelled;
        let shown = self.trial_period.as_ref().map(|period| period.ends_at);
        is_trial.then(|| shown.unwrap_or_else(|| computed_end(self.sold_since(), days)))
    }

    /// Returns `true` if the renewal or the end of the trial is read with other credentials than those of `id`.
    pub fn is_read_with_others(&self, id: &Fingerprint) -> bool {
        let is_other = |credentials: Option<&Fingerprint>| credentials != Some(id);
        self.renewal.as_ref().is_some_and(|renewal| is_other(renewal.credentials_id.as_ref()))
            || self.trial_period.as_ref().is_some_and(|period| is_other(period.credentials_id.as_ref()))
    }

    /// Returns the credentials of the last order, with which the renewal, or the end of a trial of the shop, is read without a
    /// caller.
    pub fn credentials_id(&self) -> Option<&Fingerprint> {
        let of_renewal = self.renewal.as_ref().and_then(|renewal| renewal.credentials_id.as_ref());
        of_renewal.or_else(|| self.trial_period.as_ref().and_then(|period| period.credentials_id.as_ref()))
    }

    /// Sets the credentials with which the renewal or the end of the trial is read without a caller.
    pub fn set_credentials(&mut self, id: &Fingerprint) {
        if let Some(renewal) = &mut self.renewal {
            renewal.credentials_id = Some(id.clone());
        }
        if let Some(period) = &mut self.trial_period {
            period.credentials_id = Some(id.clone());
        }
    }

    fn look_at_trial(&self) -> Option<Timestamp> {
        let period = self.trial_period.as_ref().filter(|_| self.trial)?;
        match self.state {
            // It is converted once it is live again.
            SubscriptionState::Suspended if period.at_end == Some(TrialEnd::Convert) => None,
            SubscriptionState::Live | SubscriptionState::Suspended => period.next_look(self.updated_at),
            SubscriptionState::Cancelled => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const END: &str = "2027-03-15T10:00:00Z";

    /// Returns a trial of which the notice `days` was made last.
    fn trial(state: &str, days: u16, at_end: Option<&str>) -> SubscriptionRecord {
        let mut period = json!({"ends_at": END, "noticed": {"days": days, "ends_at": END}});
        if let Some(at_end) = at_end {
            period["at_end"] = json!(at_end);
        }
        record(state, period)
    }

    fn record(state: &str, period: Value) -> SubscriptionRecord {
        let mut record = json!({
            "application": uuid::Uuid::nil(), "id": "20-1", "account": "20", "external_id": "1.20-1", "plan": "p",
            "seats": 3, "addons": [], "state": state, "trial": true, "live_since": "2027-03-01T10:00:00Z",
            "cancelled_at": null, "version": 7, "created_at": "2027-02-01T10:00:00Z",
            "updated_at": "2027-03-15T11:00:00Z",
        });
        if !period.is_null() {
            record["trial_period"] = period;
        }
        serde_json::from_value(record).unwrap()
    }

    fn end() -> Timestamp {
        END.parse().unwrap()
    }

    #[test]
    fn a_trial_is_looked_at_until_its_end_has_its_effect() {
        for (state, days, at_end, look) in [
            ("live", 1, None, Some(end())),
            ("live", 0, None, None),
            ("live", 0, Some("ask"), None),
            ("live", 0, Some("convert"), Some(end())),
            ("live", 0, Some("end"), Some(end())),
            ("suspended", 1, None, Some(end())),
            ("suspended", 0, Some("convert"), None),
            ("suspended", 0, Some("end"), Some(end())),
            ("cancelled", 1, None, None),
        ] {
            assert_eq!(trial(state, days, at_end).look_at(), look, "{state} {days} {at_end:?}");
        }
        let paid = SubscriptionRecord { trial: false, ..trial("live", 1, None) };
        assert_eq!((paid.look_at(), paid.trial_ends_at(14)), (None, None));
    }

    #[test]
    fn the_end_of_an_older_record_is_computed() {
        assert_eq!(trial("live", 7, None).trial_ends_at(99), Some(end()));
        let old = record("live", Value::Null);
        assert_eq!((old.trial_ends_at(14), old.look_at()), (Some(end()), None));
        let older = SubscriptionRecord { live_since: None, ..old };
        assert_eq!(older.trial_ends_at(42), Some(end()));
        assert_eq!(record("cancelled", Value::Null).trial_ends_at(14), None);
    }
}
