//! Suspending, unsubscribing, and reversing both (9.3, G3 to G5). Repeating a step has no effect.

use jiff::Timestamp;
use serde_json::Value;

use super::access::Scope;
use super::fields::Fields;
use super::refusal::Refusal;
use super::state::State;

/// A lifecycle step: the last segment of the path.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Disables logins. Backups continue.
    Suspend,
    /// Enables logins.
    Unsuspend,
    /// Disables everything. The data is purged after 45 days.
    Unsubscribe,
    /// Restores the state before the unsubscription.
    Reactivate,
}

/// `PUT /users/{id}/{step}`. The body must be empty or `{}`.
pub fn take(
    state: &mut State,
    scope: &Scope,
    id: &str,
    step: Step,
    body: &[u8],
    now: Timestamp,
) -> Result<Value, Refusal> {
    let organization = state.organization_mut(scope, id)?;
    Fields::parse(body, &[])?.check()?;
    match (step, organization.unsubscribed_at) {
        (Step::Suspend, None) => organization.flg_suspended = true,
        (Step::Unsuspend, None) => organization.flg_suspended = false,
        (Step::Suspend | Step::Unsuspend, Some(_)) => return Err(Refusal::invalid("base", "is deactivated")),
        (Step::Unsubscribe, None) => organization.unsubscribed_at = Some(now),
        (Step::Unsubscribe, Some(_)) => {}
        (Step::Reactivate, Some(_)) => organization.unsubscribed_at = None,
        (Step::Reactivate, None) => return Err(Refusal::invalid("base", "is not unsubscribed")),
    }
    let organization = state.organization(scope, id)?;
    Ok(state.row(organization))
}

/// `DELETE /users/{id}`. Deletes immediately.
pub fn delete(state: &mut State, scope: &Scope, id: &str) -> Result<Value, Refusal> {
    let row = state.row(state.organization(scope, id)?);
    state.organizations.retain(|organization| organization.id != id);
    state.mailboxes.remove_all(id);
    state.connected.remove(id);
    Ok(row)
}
