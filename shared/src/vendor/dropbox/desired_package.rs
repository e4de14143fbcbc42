//! What a live subscription shall have, and the rules for it (`reference/dropbox.md` 1, "Orders").

use std::collections::BTreeMap;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::vendor::SubscriptionTarget;
use crate::vendor::dropbox::catalogue::{Addon, Catalogue, Offer};
use crate::vendor::dropbox::decode::Team;
use crate::vendor::dropbox::package::Package;

/// What the subscription of `goal` shall have.
pub fn package<'c>(catalogue: &'c Catalogue, goal: &SubscriptionTarget<'_>) -> Result<Package<'c>, ServiceError> {
    let offer = offer(catalogue, goal)?;
    let addons = addons(catalogue, goal, offer)?;
    Ok(Package { offer, seats: seats(goal, offer)?, addons })
}

fn offer<'c>(catalogue: &'c Catalogue, goal: &SubscriptionTarget<'_>) -> Result<Offer<'c>, ServiceError> {
    let silent = goal.plan.code.is_none() && goal.plan.candidates.is_empty();
    let on_record = goal.current.filter(|_| silent).and_then(|current| catalogue.offer(current.plan.as_str()));
    on_record.or_else(|| catalogue.choose(goal.plan)).ok_or_else(|| {
        let named = goal.plan.code.iter().chain(&goal.plan.candidates).next().map_or("no plan", |plan| plan.as_str());
        ServiceError::new(
            ErrorCode::PlanUnknown,
            format!("The order names {named}, which is not in the catalogue. Read the service definitions anew and choose one of its plans."),
        )
    })
}

fn seats(goal: &SubscriptionTarget<'_>, offer: Offer<'_>) -> Result<u32, ServiceError> {
    let minimum = if goal.trial { offer.plan.included } else { offer.plan.minimum };
    goal.entitlements.seats.filter(|seats| *seats >= minimum).ok_or_else(|| {
        ServiceError::new(ErrorCode::SeatsInvalid, format!("{} is sold with {minimum} licences or more.", offer.plan.name))
    })
}

fn addons<'c>(
    catalogue: &'c Catalogue,
    goal: &SubscriptionTarget<'_>,
    offer: Offer<'_>,
) -> Result<BTreeMap<&'c str, &'c Addon>, ServiceError> {
    if let Some(addon) = goal.addons.iter().find(|addon| addon.contribution.features.is_empty()) {
        return Err(ServiceError::new(
            ErrorCode::AddonInvalid,
            format!(
                "The add-on {} is not in the catalogue, or is switched off in the order. Read the service definitions anew.",
                addon.code
            ),
        ));
    }
    let named = goal.entitlements.features.iter().filter_map(|id| catalogue.addon(id));
    let addons: BTreeMap<_, _> = named.map(|addon| (addon.id.as_str(), addon)).collect();
    if let Some(addon) = addons.values().find(|addon| addon.sku(offer).is_none()) {
        return Err(ServiceError::new(
            ErrorCode::AddonInvalid,
            format!(
                "{} is not sold with {}. Remove it from the order, or choose another plan.",
                addon.name,
                offer.name()
            ),
        ));
    }
    together(&addons, "")?;
    Ok(addons)
}

/// Refuses add-ons that a team can't have at once.
fn together(addons: &BTreeMap<&str, &Addon>, why: &str) -> Result<(), ServiceError> {
    let pair = addons.values().find_map(|one| Some((one, addons.values().find(|other| one.conflicts_with(other))?)));
    match pair {
        None => Ok(()),
        Some((one, other)) => Err(ServiceError::new(
            ErrorCode::AddonInvalid,
            format!("A team can't have {} and {} together{why}. Remove one of them.", one.name, other.name),
        )),
    }
}

/// Refuses what can't be tried: a number of licences of one's own, add-ons, and commitments without a trial.
pub fn trial(wanted: &Package<'_>) -> Result<(), ServiceError> {
    let included = wanted.offer.plan.included;
    let refusal = if !wanted.offer.commitment.has_trial() {
        format!("{} has no trial. Order it as paid, or another commitment.", wanted.offer.name())
    } else if wanted.seats != included {
        format!("A trial of {} has {included} licences. Order more when it is made paid.", wanted.offer.plan.name)
    } else if let Some(addon) = wanted.addons.values().next() {
        format!("A trial has no add-ons. Order {} when it is made paid.", addon.name)
    } else {
        return Ok(());
    };
    Err(ServiceError::new(ErrorCode::TrialRefused, refusal))
}

/// Refuses a change of `team` from what it has to `wanted` that Dropbox, or the connector, does not make.
pub fn change(team: &Team, now: &Package<'_>, wanted: &Package<'_>) -> Result<(), ServiceError> {
    let (from, to) = (now.offer.plan, wanted.offer.plan);
    if from.line != to.line {
        return Err(ServiceError::new(
            ErrorCode::StateConflict,
            format!(
                "{} can't be changed into {}. Cancel the subscription and order the other one.",
                from.name, to.name
            ),
        ));
    }
    if to.rank < from.rank {
        return Err(ServiceError::new(
            ErrorCode::DowngradeRefused,
            format!("{} can't be downgraded to {}. Choose {} or a higher plan.", from.name, to.name, from.name),
        ));
    }
    // Whatever is removed stays until the renewal.
    let until = team.ends().map_or_else(|| "the renewal".to_owned(), |end| end.strftime("%Y-%m-%d").to_string());
    let between = now.until_renewal(wanted);
    if let Some(addon) = now.addons.values().find(|addon| addon.sku(between.offer).is_none()) {
        return Err(ServiceError::new(
            ErrorCode::AddonInvalid,
            format!(
                "{} is paid for until {until} and not sold with {}. Remove it, and change the plan after that day.",
                addon.name,
                between.offer.name()
            ),
        ));
    }
    together(&between.addons, &format!(", and one that is removed stays until {until}"))
}

/// Refuses a trial beyond its end, and one of another plan than it was begun with.
pub fn trial_goes_on(team: &Team, now: &Package<'_>, wanted: &Package<'_>, at: jiff::Timestamp) -> Result<(), ServiceError> {
    let refusal = if team.trial_is_over(at) {
        "The trial is over. Order the subscription as paid."
    } else if !now.offer.is(&wanted.offer) {
        "A trial can't change its plan. Make it paid with the other plan, or cancel it."
    } else {
        return Ok(());
    };
    Err(ServiceError::new(ErrorCode::TrialRefused, refusal))
}
