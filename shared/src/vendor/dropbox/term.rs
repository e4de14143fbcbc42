//! The term of a team: its end, and its package until then and from the renewal on.

use jiff::SignedDuration;

use super::Dropbox;
use super::contract::GRACE_DAYS;
use super::decode::Team;
use super::package::Package;
use super::user_message::user_error;
use crate::domain::error::ServiceError;
use crate::domain::term::{Term, TermContents};
use crate::vendor::VendorError;

impl Dropbox {
    /// Returns the current term of an active team.
    ///
    /// # Errors
    /// Dropbox does not show its end, or shows an SKU that is not in the catalogue.
    pub(super) fn current_term(&self, team: &Team) -> Result<Term, ServiceError> {
        let package = self.package(&team.current_state.skus())?;
        let renewal = team.auto_renew.then(|| self.package(&team.renewal_state().skus())).transpose()?;
        let unknown =
            || VendorError::InvalidResponse { reason: format!("the team {} has no end of its term", team.id) };
        let ends_at = team.term_end().ok_or_else(|| user_error(unknown()))?;
        let grace = SignedDuration::from_hours(24 * GRACE_DAYS);
        Ok(Term {
            ends_at,
            months: package.offer.commitment.months(),
            cancellable_until: ends_at.saturating_add(grace).map_err(ServiceError::internal)?,
            contents: contents(&package),
            renewal: renewal.as_ref().map(contents),
        })
    }
}

fn contents(package: &Package<'_>) -> TermContents {
    TermContents {
        plan: package.offer.name(),
        licences: package.seats,
        addons: package.addons.values().map(|addon| addon.name.clone()).collect(),
    }
}
