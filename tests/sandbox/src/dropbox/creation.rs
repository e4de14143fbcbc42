//! `team/create`.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::access::Partner;
use super::package::{Item, Package};
use super::refusal::{Refusal, Tag};
use super::state::State;
use super::team::Team;
use super::term::Term;

/// Body of `team/create`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    name: String,
    country_code: String,
    invite_admin: String,
    reseller_ids: Vec<String>,
    is_trial: bool,
    skus: Vec<Item>,
}

/// Creates the team.
pub fn create(
    state: &mut State,
    partner: &'static Partner,
    request: &Create,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let &Create { ref name, ref country_code, ref invite_admin, ref reseller_ids, ref skus, is_trial } = request;
    let reseller_id = partner.reach(reseller_ids)?.reseller()?.to_owned();
    if name.trim().is_empty() || name.chars().count() > 20 {
        return Err(Tag::NameInvalid.because("A team's name has 1 to 20 characters."));
    }
    if country_code.len() != 2 || !country_code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Tag::CountryCodeInvalid.because("A country is two capital letters."));
    }
    if !is_email(invite_admin) {
        return Err(Tag::EmailInvalid.because("This is not an e-mail address."));
    }
    let package = Package::of(skus)?;
    if is_trial && !package.can_be_tried() {
        return Err(Tag::TrialNotAllowed.because("A trial has the base only, and is not billed monthly for a year."));
    }
    if state.email_taken(invite_admin) {
        return Err(Tag::UserOnAnotherTeam.because("This user is already on a team."));
    }
    let team = Team {
        id: state.next_id(),
        partner: partner.number,
        reseller_id,
        name: name.clone(),
        country_code: country_code.clone(),
        invite_admin: invite_admin.clone(),
        auto_renew: !is_trial,
        is_trial,
        term: if is_trial { Term::trial(now) } else { Term::paid(package.commitment(), now) },
        reinstated_at: None,
        cancelled_at: None,
        renewal: package.clone(),
        current: package,
    };
    let row = team.row();
    state.teams.push(team);
    Ok(row)
}

fn is_email(text: &str) -> bool {
    let clean = |part: &str| !part.is_empty() && !part.contains(|c: char| c == '@' || c.is_whitespace());
    text.split_once('@').is_some_and(|(local, domain)| {
        clean(local) && clean(domain) && domain.contains('.') && domain.split('.').all(|label| !label.is_empty())
    })
}
