//! The term of a team: its end, and its package until then and from the renewal on.

use jiff::SignedDuration;

use super::catalogue::Catalogue;
use super::contract::GRACE_DAYS;
use super::decode::Team;
use super::package::Package;
use crate::domain::term::{Term, TermContents};

/// Returns the current term of a paid, active team. `None` if Dropbox does not show its end, or shows an SKU that is not in the
/// catalogue.
pub fn current_term(catalogue: &Catalogue, team: &Team) -> Option<Term> {
    if !team.active || team.current_state.is_trial {
        return None;
    }
    let ends_at = team.term_end()?;
    let package = Package::from_skus(catalogue, &team.current_state.skus()).ok()?;
    let renewal = if team.auto_renew {
        Some(contents(&Package::from_skus(catalogue, &team.renewal_state().skus()).ok()?))
    } else {
        None
    };
    Some(Term {
        ends_at,
        months: package.offer.commitment.months(),
        cancellable_until: ends_at.saturating_add(SignedDuration::from_hours(24 * GRACE_DAYS)).ok()?,
        contents: contents(&package),
        renewal,
    })
}

fn contents(package: &Package<'_>) -> TermContents {
    TermContents {
        plan: package.offer.name(),
        licences: package.seats,
        addons: package.addons.values().map(|addon| addon.name.clone()).collect(),
    }
}
