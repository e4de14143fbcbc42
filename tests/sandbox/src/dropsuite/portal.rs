//! Changes in the vendor's own portal, made by the partner.

use jiff::Timestamp;

use super::access::Scope;
use super::lifecycle::{self, Step};
use super::refusal::Refusal;
use super::state::State;

/// A change in the vendor's portal.
#[derive(Clone, Copy, Debug)]
pub enum PortalChange {
    /// Another number of seats.
    Seats(u32),
    /// Suspends the organization.
    Suspend,
    /// Takes a suspension back.
    Unsuspend,
    /// Unsubscribes the organization.
    Unsubscribe,
    /// Takes an unsubscription back.
    Reactivate,
    /// Deletes the organization.
    Delete,
}

/// Makes `change`, with the vendor's rules.
pub fn change(state: &mut State, id: &str, change: PortalChange, now: Timestamp) -> Result<(), Refusal> {
    let scope = Scope::of_partner(state.any_organization(id)?.partner);
    let step = match change {
        PortalChange::Seats(seats) => {
            state.organization_mut(&scope, id)?.seats = seats;
            return Ok(());
        }
        PortalChange::Delete => return lifecycle::delete(state, &scope, id).map(drop),
        PortalChange::Suspend => Step::Suspend,
        PortalChange::Unsuspend => Step::Unsuspend,
        PortalChange::Unsubscribe => Step::Unsubscribe,
        PortalChange::Reactivate => Step::Reactivate,
    };
    lifecycle::take(state, &scope, id, step, b"{}", now).map(drop)
}
