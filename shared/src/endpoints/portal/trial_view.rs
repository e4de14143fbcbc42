//! The end of a trial, in the rows and answers that show a subscription.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::subscription_record::SubscriptionRecord;
use crate::domain::trial::TrialEnd;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::portal::msp_message::for_msp;
use crate::store::{AgreementLink, PlanRecord};

/// The end of a trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TrialPeriod"))]
#[serde(rename_all = "camelCase")]
pub struct TrialView {
    /// The end.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    pub(super) ends_at: Timestamp,
    /// `true` once it has passed.
    pub(super) over: bool,
    /// Effect of the end; absent if the distributor's shop decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at_end: Option<TrialEnd>,
    /// Reason for which the order at the end was refused; absent if it was not. The order is made again each day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>"))]
    pub(super) refusal: Option<String>,
}

impl TrialView {
    /// Returns the end of the trial `record`, whose plan is `plan` and whose account has `link`; `None` if it is no trial or is
    /// cancelled.
    pub fn of(
        portal: &PortalRequest<'_>,
        record: &SubscriptionRecord,
        plan: Option<&PlanRecord>,
        link: Option<&AgreementLink>,
    ) -> Option<Self> {
        let ends_at = record.trial_ends_at(portal.call.app.vendor.trial_days())?;
        let is_ours = record.application == portal.msp.as_application_id();
        let period = record.trial_period.as_ref();
        let at_end = is_ours.then(|| PlanRecord::trial_end(period, plan, link));
        let refusal = period.and_then(|period| period.refusal.as_deref());
        let refusal = refusal.map(|refusal| for_msp(refusal).into_owned());
        Some(Self { ends_at, over: ends_at <= portal.now(), at_end, refusal })
    }

    /// Returns the end in words, which continue a row's summary.
    pub fn words(&self) -> String {
        let end = self.ends_at.strftime("%Y-%m-%d %H:%M UTC");
        if self.over { format!("trial, ended on {end}") } else { format!("trial until {end}") }
    }
}
