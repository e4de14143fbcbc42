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
use crate::domain::subscription_record::SubscriptionState;
use crate::domain::term::day;
use crate::store::VendorTenant;
use crate::vendor::dropbox::term::current_term;
use crate::vendor::{NextStep, Provisioned, SubscriptionTarget};

impl Dropbox {
    /// Returns the next change that ends an active team, at once or with its term. Once its renewal has ended, returns what it
    /// has until the end of the term.
    ///
    /// # Errors
    /// [`ErrorCode::OutsideCancellationWindow`].
    pub(super) fn end_team(
        &self,
        target: &SubscriptionTarget<'_>,
        teams: Teams<'_>,
        tenant: &VendorTenant,
        team: &Team,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let package = Package::from_skus(&self.config.catalogue, &team.current_state.skus()).ok();
        let start = package.as_ref().and_then(|package| team.term_start(package.offer.commitment));
        // Without the start of the term, Dropbox decides.
        let (Some(package), Some(start)) = (package, start) else {
            return Ok(NextStep::step(teams.cancel(&tenant.id)));
        };
        let ordered = target.current.map_or(target.now, |current| current.created_at);
        let grace = SignedDuration::from_hours(24 * GRACE_DAYS);
        let recent = |moment: Timestamp| target.now.duration_since(moment) < grace;
        if team.current_state.is_trial || recent(start) || recent(ordered) {
            return Ok(NextStep::step(teams.cancel(&tenant.id)));
        }
        let Some(end) = team.term_end().filter(|_| self.may_leave(target)) else { return Err(window_over(team)) };
        if team.auto_renew {
            return Ok(NextStep::step(teams.do_not_renew(&tenant.id, end)));
        }
        let ordered = target.current.map(|current| current.plan.clone());
        Ok(NextStep::Converged(PlanId::parse(&package.offer.skus.base).map(|billed| Provisioned {
            ordered: ordered.unwrap_or_else(|| billed.clone()),
            billed,
            quantity: package.seats,
            term: current_term(&self.config.catalogue, team),
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
