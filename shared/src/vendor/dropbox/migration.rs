//! Moves a team to another reseller of the distributor with `team/migrate`, a proposal (`contract.rs`).
//!
//! It is not known whom Dropbox bills for the rest of the term. [`first_day_of_new_reseller`] is the choice, and the only place that
//! has it.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::Dropbox;
use super::catalogue::Commitment;
use super::decode::Team;
use super::team::Teams;
use super::user_message::user_error;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::vendor::{ShownTenant, Step, VendorContext, VendorError};

impl Dropbox {
    /// Refuses to move teams in the test environment, whose requests name no reseller.
    ///
    /// # Errors
    /// [`ErrorCode::NotSupportedByVendor`].
    pub fn ensure_has_resellers(&self) -> Result<(), ServiceError> {
        if !self.config.test_environment {
            return Ok(());
        }
        Err(ServiceError::new(
            ErrorCode::NotSupportedByVendor,
            "This deployment uses Dropbox's test environment, which has no resellers. Use a deployment of the production environment.",
        ))
    }

    /// Returns the team, if Dropbox shows it as one of `reseller`. The row's own reseller decides: a request that also names the
    /// distributor might be answered with any team of it.
    pub async fn team_of(
        &self,
        context: &VendorContext<'_>,
        id: &ExternalId,
        reseller: &str,
        now: Timestamp,
    ) -> Result<Option<ShownTenant>, ServiceError> {
        let partner = self.partner(context)?;
        let teams = Teams { partner: &partner, reseller };
        let team = self.team(context, teams, id).await?.filter(|team| team.belongs_to(reseller));
        let Some(team) = team else { return Ok(None) };
        let billed_from = self.billed_from(&team, now)?;
        Ok(Some(ShownTenant { is_active: team.active, is_trial: team.current_state.is_trial, billed_from }))
    }

    /// Returns the step that moves the team `id` of the reseller `from` to the reseller `to`.
    pub fn migration(
        &self,
        context: &VendorContext<'_>,
        id: &ExternalId,
        from: &str,
        to: &str,
    ) -> Result<Step, ServiceError> {
        let partner = self.partner(context)?;
        Ok(Teams { partner: &partner, reseller: from }.migrate(id, to))
    }

    /// Returns the first day that Dropbox bills to the new reseller of `team`, if the team is moved at `now`.
    fn billed_from(&self, team: &Team, now: Timestamp) -> Result<Date, ServiceError> {
        // Nothing is billed for it.
        if !team.active || team.current_state.is_trial {
            return Ok(now.to_zoned(TimeZone::UTC).date());
        }
        let commitment = self.package(&team.current_state.skus())?.offer.commitment;
        let day = team.term_end().and_then(|end| first_day_of_new_reseller(end, commitment, now));
        let unknown =
            || VendorError::InvalidResponse { reason: format!("the team {} has no end of its term ahead", team.id) };
        day.ok_or_else(|| user_error(unknown()))
    }
}

/// Returns the first day that Dropbox bills to the new reseller of a paid team, whose term ends at `end` and which is moved at
/// `now`. `None` if the term is over.
///
/// **A choice, and a guess of what Dropbox does**: the term goes on, and nothing is ordered again. The running billing period stays
/// with the former reseller, who was billed for it. The next one is the new reseller's: the next month if the plan is billed
/// monthly, otherwise the next year. So no month is billed twice, and none is missing.
fn first_day_of_new_reseller(end: Timestamp, commitment: Commitment, now: Timestamp) -> Option<Date> {
    let end = end.to_zoned(TimeZone::UTC);
    let before_end = (0..commitment.months()).step_by(usize::from(commitment.billed_months()));
    let starts = before_end.map_while(|months| end.checked_sub(i64::from(months).months()).ok());
    starts.take_while(|start| start.timestamp() > now).last().map(|start| start.date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_billing_period_stays_with_the_former_reseller() {
        const END: &str = "2027-03-31T10:00:00Z";
        for (commitment, now, day) in [
            (Commitment::Annual, "2026-04-01T00:00:00Z", Some("2027-03-31")),
            (Commitment::Annual, "2027-03-31T09:59:59Z", Some("2027-03-31")),
            (Commitment::Annual, END, None),
            (Commitment::Monthly, "2027-03-05T00:00:00Z", Some("2027-03-31")),
            (Commitment::AnnualBilledMonthly, "2026-04-01T00:00:00Z", Some("2026-04-30")),
            (Commitment::AnnualBilledMonthly, "2026-04-30T09:59:59Z", Some("2026-04-30")),
            (Commitment::AnnualBilledMonthly, "2026-04-30T10:00:00Z", Some("2026-05-31")),
            (Commitment::AnnualBilledMonthly, "2027-02-28T10:00:00Z", Some("2027-03-31")),
            (Commitment::AnnualBilledMonthly, END, None),
        ] {
            let found = first_day_of_new_reseller(END.parse().unwrap(), commitment, now.parse().unwrap());
            assert_eq!(found, day.map(|day| day.parse().unwrap()), "{commitment:?} {now}");
        }
    }
}
