//! Changes in the vendor's own portal, made by the distributor.

use jiff::Timestamp;

use super::refusal::{Refusal, Tag};
use super::state::State;

/// A change in the vendor's portal.
#[derive(Clone, Copy, Debug)]
pub enum PortalChange {
    /// Ends the team.
    Cancel,
    /// Makes the team active again, as it was.
    Reinstate,
    /// Moves the team to another reseller of the distributor.
    Move(&'static str),
}

/// Makes `change`.
pub fn change(state: &mut State, id: &str, change: PortalChange, now: Timestamp) -> Result<(), Refusal> {
    let found = state.teams.iter_mut().find(|team| team.id == id);
    let team = found.ok_or(Tag::TeamNotFound.because("There is no such team."))?;
    match change {
        PortalChange::Cancel => team.cancelled_at = team.cancelled_at.or(Some(now)),
        PortalChange::Reinstate => (team.cancelled_at, team.reinstated_at) = (None, Some(now)),
        PortalChange::Move(reseller) => reseller.clone_into(&mut team.reseller_id),
    }
    Ok(())
}
