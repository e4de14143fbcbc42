//! The trials in a digest: those that end before the next one, and those that have ended and wait.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::app::App;
use crate::connectwise::{CompanyId, date};
use crate::domain::digest_period::DigestPeriod;
use crate::domain::error::ServiceError;
use crate::domain::subscription_record::SubscriptionRecord;
use crate::domain::trial::{TrialEnd, is_near, is_recent};
use crate::store::{AgreementLink, PlanRecord};

/// The time of a digest, and of those before and after it.
#[derive(Clone, Copy, Debug)]
pub struct DigestTime<'a> {
    /// Current time.
    pub now: Timestamp,
    /// Time of the previous digest.
    pub previous: Timestamp,
    /// Time of the next digest.
    pub next: Timestamp,
    /// The MSP's time zone.
    pub zone: &'a TimeZone,
}

impl<'a> DigestTime<'a> {
    /// Returns the times of the digest at `now`, for an MSP in `zone`. `every` is its period.
    pub fn new(every: DigestPeriod, now: Timestamp, zone: &'a TimeZone) -> Self {
        Self { now, previous: every.previous_begin(now, zone), next: every.next_begin(now, zone), zone }
    }
}

/// Returns the line of a linked account's trial; `None` if it is no trial, or its end does not belong in the digest.
///
/// # Errors
/// The table did not answer.
pub async fn line(
    app: &App,
    link: &AgreementLink,
    subscription: &SubscriptionRecord,
    time: &DigestTime<'_>,
) -> Result<Option<String>, ServiceError> {
    let near = subscription.trial_ends_at(app.vendor.trial_days());
    let Some(ends_at) = near.filter(|ends_at| is_near(*ends_at, time.now, time.next)) else { return Ok(None) };
    let period = subscription.trial_period.as_ref();
    let at_end = if subscription.application == link.msp.as_application_id() {
        let plan = app.store.plan(link.msp, &subscription.plan).await?;
        Some(PlanRecord::trial_end(period, plan.as_ref(), Some(link)))
    } else {
        None
    };
    let refusal = period.and_then(|period| period.refusal.as_deref());
    Ok(text(link.company, ends_at, at_end, refusal, time))
}

/// Returns the line of a trial whose end is near. `at_end` is its effect; `None` if the BSS decides.
fn text(
    company: CompanyId,
    ends_at: Timestamp,
    at_end: Option<TrialEnd>,
    refusal: Option<&str>,
    time: &DigestTime<'_>,
) -> Option<String> {
    let is_over = ends_at <= time.now;
    let then = match (at_end, is_over) {
        (None, true) => return None,
        (None, false) => "What follows is decided in your distributor's shop.",
        (Some(TrialEnd::Ask), true) if !is_recent(ends_at, time.now, time.previous) => return None,
        (Some(TrialEnd::Ask), _) => "Convert it to paid or cancel it in the portal.",
        (Some(TrialEnd::Convert), false) => "It becomes paid then.",
        (Some(TrialEnd::Convert), true) => "It is not converted to paid yet.",
        (Some(TrialEnd::End), false) => "It is cancelled then.",
        (Some(TrialEnd::End), true) => "It is not cancelled yet.",
    };
    let (ends, day) = (if is_over { "ended" } else { "ends" }, date::business_day(ends_at, time.zone));
    let refusal = refusal.map(|refusal| format!(" {refusal}")).unwrap_or_default();
    Some(format!("The trial of the company {company} {ends} on {day}. {then}{refusal}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::trial::computed_end;

    fn told(now: &str, at_end: Option<TrialEnd>, refusal: Option<&str>) -> Option<String> {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let now = now.parse().unwrap();
        let time = DigestTime::new(DigestPeriod::Daily, now, &zone);
        // It is the 16th in the zone.
        text(CompanyId::new(19), "2027-03-15T23:30:00Z".parse().unwrap(), at_end, refusal, &time)
    }

    #[test]
    fn a_trial_is_told_with_its_day_in_the_zone_and_what_follows() {
        let before = "2027-03-10T06:00:00Z";
        for (now, at_end, line) in [
            (before, Some(TrialEnd::Ask), "ends on 2027-03-16. Convert it to paid or cancel it in the portal."),
            (before, Some(TrialEnd::Convert), "ends on 2027-03-16. It becomes paid then."),
            (before, Some(TrialEnd::End), "ends on 2027-03-16. It is cancelled then."),
            (before, None, "ends on 2027-03-16. What follows is decided in your distributor's shop."),
            ("2027-04-16T06:00:00Z", Some(TrialEnd::Convert), "ended on 2027-03-16. It is not converted to paid yet."),
            ("2027-04-16T06:00:00Z", Some(TrialEnd::End), "ended on 2027-03-16. It is not cancelled yet."),
        ] {
            assert_eq!(told(now, at_end, None).unwrap(), format!("The trial of the company 19 {line}"));
        }
        assert_eq!(told("2027-03-16T06:00:00Z", None, None), None);
        let refused = told("2027-03-16T06:00:00Z", Some(TrialEnd::Convert), Some("4 seats are in use.")).unwrap();
        assert!(refused.ends_with("It is not converted to paid yet. 4 seats are in use."), "{refused}");
    }

    #[test]
    fn one_that_waits_for_a_decision_is_told_for_a_week() {
        assert!(told("2027-03-22T23:30:00Z", Some(TrialEnd::Ask), None).is_some());
        assert_eq!(told("2027-03-22T23:30:01Z", Some(TrialEnd::Ask), None), None);
    }

    #[test]
    fn a_monthly_digest_tells_each_trial_that_was_sold_since_the_previous_one() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        for day in 1..=30 {
            let ends_at = computed_end(format!("2027-06-{day:02}T12:00:00Z").parse().unwrap(), 14);
            let told = ["2027-07-01T05:10:00Z", "2027-08-01T05:10:00Z"].map(|now| {
                let time = DigestTime::new(DigestPeriod::Monthly, now.parse().unwrap(), &zone);
                let line = text(CompanyId::new(19), ends_at, Some(TrialEnd::Ask), None, &time);
                is_near(ends_at, time.now, time.next) && line.is_some()
            });
            // One that ends in July is told before its end, and after it.
            assert_eq!(told, [true, day > 16], "sold on {day} June");
        }
    }
}
