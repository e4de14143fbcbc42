//! `team/skus/modify` and `team/auto_renew/modify`.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::access::Partner;
use super::package::{Item, Package};
use super::refusal::{Refusal, Tag};
use super::state::State;
use super::term::Term;

/// Body of `team/skus/modify`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifySkus {
    id: String,
    current_skus: Vec<Item>,
    new_skus: Vec<Item>,
    reseller_ids: Vec<String>,
    force_immediate: bool,
    is_trial: Option<bool>,
}

/// Body of `team/auto_renew/modify`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifyAutoRenew {
    id: String,
    new_auto_renew: bool,
    reseller_ids: Vec<String>,
}

/// Changes the SKUs of the team, now or at the renewal, or converts a trial into a paid team.
pub fn modify_skus(
    state: &mut State,
    partner: &'static Partner,
    request: &ModifySkus,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let reach = partner.reach(&request.reseller_ids)?;
    reach.reseller()?;
    let team = state.team(&reach, &request.id)?;
    if !team.is_active() {
        return Err(Tag::TeamInactive.because("The team is not active."));
    }
    if !team.current.consists_of(&request.current_skus) {
        return Err(Tag::CurrentSkusMismatch.because("The team has other SKUs now."));
    }
    let new = Package::of(&request.new_skus)?;
    match (team.is_trial, request.is_trial) {
        (true, Some(false)) => {
            team.is_trial = false;
            team.auto_renew = true;
            team.term = Term::paid(new.commitment(), now);
            team.renewal = new.clone();
            team.current = new;
        }
        (true, None | Some(true)) => {
            return Err(Tag::TrialNotAllowed.because("A trial can only be turned into a paid team."));
        }
        (false, Some(true)) => return Err(Tag::TrialNotAllowed.because("A paid team cannot become a trial.")),
        (false, None | Some(false)) if !request.force_immediate => team.renewal = new,
        (false, None | Some(false)) if team.current.grows_to(&new) => team.take(new, now),
        (false, None | Some(false)) => {
            return Err(Tag::ImmediateChangeNotAllowed.because("This change waits for the renewal."));
        }
    }
    Ok(team.row())
}

/// Switches the automatic renewal of the team on or off. A team whose term is not renewed is active until its end.
pub fn modify_auto_renew(
    state: &mut State,
    partner: &'static Partner,
    request: &ModifyAutoRenew,
    _: Timestamp,
) -> Result<Value, Refusal> {
    let reach = partner.reach(&request.reseller_ids)?;
    reach.reseller()?;
    let team = state.team(&reach, &request.id)?;
    if !team.is_active() {
        return Err(Tag::TeamInactive.because("The team is not active."));
    }
    team.auto_renew = request.new_auto_renew;
    Ok(team.row())
}
