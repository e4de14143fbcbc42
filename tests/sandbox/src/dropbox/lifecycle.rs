//! `team/cancel`, `team/reinstate` and `team/migrate`.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::access::Partner;
use super::package::{Item, Package};
use super::refusal::{Refusal, Tag};
use super::state::State;
use super::term::{Term, in_grace};

/// Body of `team/cancel`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    id: String,
    reseller_ids: Vec<String>,
}

/// Body of `team/reinstate`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reinstate {
    id: String,
    skus: Vec<Item>,
    reseller_ids: Vec<String>,
}

/// Body of `team/migrate`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migrate {
    id: String,
    reseller_ids: Vec<String>,
    to_reseller_ids: Vec<String>,
}

/// Makes the team inactive. A paid team can be cancelled only in the grace period of its term, a trial at any time.
pub fn cancel(
    state: &mut State,
    partner: &'static Partner,
    request: &Cancel,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let reach = partner.reach(&request.reseller_ids)?;
    reach.reseller_alone()?;
    let team = state.team(&reach, &request.id)?;
    if !team.is_active() {
        return Err(Tag::TeamInactive.because("The team is not active."));
    }
    let ordered = team.reinstated_at.unwrap_or(team.term.started).max(team.term.started);
    if !team.is_trial && !in_grace(ordered, now) {
        return Err(Tag::NotInGracePeriod.because("A team can be cancelled in the first 14 days."));
    }
    team.cancelled_at = Some(now);
    Ok(team.row())
}

/// Makes the team active again. If its term or its trial is over, a new paid term starts.
pub fn reinstate(
    state: &mut State,
    partner: &'static Partner,
    request: &Reinstate,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let reach = partner.reach(&request.reseller_ids)?;
    reach.reseller_alone()?;
    let team = state.team(&reach, &request.id)?;
    let Some(cancelled_at) = team.cancelled_at else {
        return Err(Tag::TeamAlreadyActive.because("The team is active."));
    };
    let same = team.current.consists_of(&request.skus);
    let package = Package::of(&request.skus)?;
    if !same && !in_grace(cancelled_at, now) {
        return Err(Tag::SkusInvalid.because("The team can only get back the SKUs that it had."));
    }
    let over = team.term.is_over(now);
    if team.is_trial && !over && !package.can_be_tried() {
        return Err(Tag::TrialNotAllowed.because("A trial has the base only, and 30 days."));
    }
    team.cancelled_at = None;
    team.reinstated_at = Some(now);
    if over {
        team.auto_renew |= team.is_trial;
        team.is_trial = false;
        team.term = Term::paid(package.commitment(), now);
    }
    if over || !same {
        team.take(package, now);
    }
    Ok(team.row())
}

/// Moves an active team to another of the partner's resellers. Its term and its package stay.
pub fn migrate(
    state: &mut State,
    partner: &'static Partner,
    request: &Migrate,
    _: Timestamp,
) -> Result<Value, Refusal> {
    let reach = partner.reach(&request.reseller_ids)?;
    reach.reseller()?;
    let to = partner.reach(&request.to_reseller_ids)?.reseller()?;
    let team = state.team(&reach, &request.id)?;
    if team.reseller_id == to {
        return Err(Tag::TeamAlreadyMigrated.because("The team belongs to that reseller."));
    }
    if !team.is_active() {
        return Err(Tag::TeamInactive.because("The team is not active."));
    }
    to.clone_into(&mut team.reseller_id);
    Ok(team.row())
}
