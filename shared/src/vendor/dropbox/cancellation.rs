//! The end of a team: at once within [`GRACE_DAYS`] of an order or a renewal. After that a suspension is refused, and a
//! cancellation is refused or ends the renewal ([`CancelAfterWindow`]).

use jiff::{SignedDuration, Timestamp};

use super::contract::GRACE_DAYS;
use super::decode::Team;
use super::package::Package;
use super::team::Teams;
use super::{CancelAfterWindow, Dropbox};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::PlanId;
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::domain::term::day;
use crate::store::VendorTenant;
use crate::vendor::{NextStep, Provisioned, SubscriptionTarget};

impl Dropbox {
    /// Returns the next change that ends an active team, at once or with its term. Once its renewal has ended, returns what it
    /// has until the end of the term.
    ///
    /// # Errors
    /// [`ErrorCode::OutsideCancellationWindow`]; Dropbox does not show the term of a team that was cancelled for its end.
    pub(super) fn end_team(
        &self,
        target: &SubscriptionTarget<'_>,
        teams: Teams<'_>,
        tenant: &VendorTenant,
        team: &Team,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let ending_at = target.current.and_then(SubscriptionRecord::ending_at);
        // What is paid until its end is not ended before.
        if ending_at.is_some_and(|end| target.now < end) {
            return self.do_not_renew(target, teams, tenant, team);
        }
        let package = Package::from_skus(&self.config.catalogue, &team.current_state.skus()).ok();
        let Some(start) = package.and_then(|package| team.term_start(package.offer.commitment)) else {
            return match ending_at {
                Some(_) => self.do_not_renew(target, teams, tenant, team),
                // Without the start of the term, Dropbox decides.
                None => Ok(NextStep::step(teams.cancel(&tenant.id))),
            };
        };
        let ordered = target.current.map_or(target.now, |current| current.created_at);
        let grace = SignedDuration::from_hours(24 * GRACE_DAYS);
        let recent = |moment: Timestamp| target.now.duration_since(moment) < grace;
        if team.current_state.is_trial || recent(start) || recent(ordered) {
            return Ok(NextStep::step(teams.cancel(&tenant.id)));
        }
        if !self.may_leave(target) {
            return Err(window_over(team));
        }
        self.do_not_renew(target, teams, tenant, team)
    }

    /// Returns the change that ends the renewal of an active team or, once it has ended, what the team has until the end of its
    /// term.
    fn do_not_renew(
        &self,
        target: &SubscriptionTarget<'_>,
        teams: Teams<'_>,
        tenant: &VendorTenant,
        team: &Team,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let package = self.package(&team.current_state.skus())?;
        let shown = self.current_term(team)?;
        if team.auto_renew {
            return Ok(NextStep::step(teams.do_not_renew(&tenant.id, shown.ends_at)));
        }
        let ordered = target.current.map(|current| current.plan.clone());
        Ok(NextStep::Converged(PlanId::parse(&package.offer.skus.base).map(|billed| Provisioned {
            ordered: ordered.unwrap_or_else(|| billed.clone()),
            billed,
            quantity: package.seats,
            term: Some(shown),
            trial_ends_at: None,
        })))
    }

    /// Returns `true` if a cancellation after the days for it ends the renewal. It does so again for a subscription that was
    /// cancelled that way, whatever the setting is by now.
    fn may_leave(&self, target: &SubscriptionTarget<'_>) -> bool {
        let is_allowed = match self.config.cancel_after_window {
            CancelAfterWindow::DoNotRenew => true,
            CancelAfterWindow::Refuse => target.current.is_some_and(|current| current.ends_at.is_some()),
        };
        is_allowed && target.state == SubscriptionState::Cancelled
    }
}

fn window_over(team: &Team) -> ServiceError {
    let next = team.term_end().map(|end| format!(" The next cancellation window opens on {}.", day(end)));
    ServiceError::new(
        ErrorCode::OutsideCancellationWindow,
        format!(
            "Dropbox allows a cancellation or suspension only within {GRACE_DAYS} days of an order or renewal.{}",
            next.unwrap_or_default()
        ),
    )
}
