//! Desired package of a live subscription, and the rules for it (`docs/vendors/dropbox.md` 1, "Orders").

use std::collections::BTreeMap;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::vendor::SubscriptionTarget;
use crate::vendor::dropbox::catalogue::{Addon, Catalogue, Offer, Plan};
use crate::vendor::dropbox::decode::Team;
use crate::vendor::dropbox::package::Package;

/// Returns the desired package of a subscription.
pub fn desired_package<'c>(
    catalogue: &'c Catalogue,
    target: &SubscriptionTarget<'_>,
) -> Result<Package<'c>, ServiceError> {
    let offer = offer(catalogue, target)?;
    let addons = addons(catalogue, target, offer)?;
    Ok(Package { offer, seats: seats(target, offer)?, addons })
}

fn offer<'c>(catalogue: &'c Catalogue, target: &SubscriptionTarget<'_>) -> Result<Offer<'c>, ServiceError> {
    let no_plan_named = target.plan.code.is_none() && target.plan.candidates.is_empty();
    let on_record = target.current.filter(|_| no_plan_named).and_then(|current| catalogue.offer(current.plan.as_str()));
    on_record.or_else(|| catalogue.choose(target.plan)).ok_or_else(|| {
        let problem = match target.plan.code.iter().chain(&target.plan.candidates).next() {
            Some(plan) => format!("The plan {} is not available.", plan.as_str()),
            None => "The order names no plan.".to_owned(),
        };
        ServiceError::new(
            ErrorCode::PlanUnknown,
            format!("{problem} Choose an available plan, or contact your provider."),
        )
        .with_internal(format!("{problem} It is not in the catalogue: the definitions in the BSS may be outdated."))
    })
}

fn seats(target: &SubscriptionTarget<'_>, offer: Offer<'_>) -> Result<u32, ServiceError> {
    let minimum = if target.trial { offer.plan.included } else { offer.plan.minimum };
    target.entitlements.seats.filter(|seats| *seats >= minimum).ok_or_else(|| {
        ServiceError::new(
            ErrorCode::SeatsInvalid,
            format!("{} requires at least {minimum} licences. Order {minimum} licences or more.", offer.plan.name),
        )
    })
}

fn addons<'c>(
    catalogue: &'c Catalogue,
    target: &SubscriptionTarget<'_>,
    offer: Offer<'_>,
) -> Result<BTreeMap<&'c str, &'c Addon>, ServiceError> {
    if let Some(addon) = target.addons.iter().find(|addon| addon.contribution.features.is_empty()) {
        return Err(ServiceError::new(
            ErrorCode::AddonInvalid,
            format!(
                "The add-on {} is not available, or is disabled in the order. Remove it from the order, or contact your provider.",
                addon.code
            ),
        )
        .with_internal(format!(
            "The add-on {} is not in the catalogue, or is disabled in the order: the definitions in the BSS may be outdated.",
            addon.code
        )));
    }
    let ordered = target.entitlements.features.iter().filter_map(|id| catalogue.addon(id));
    let addons: BTreeMap<_, _> = ordered.map(|addon| (addon.id.as_str(), addon)).collect();
    if let Some(addon) = addons.values().find(|addon| addon.sku(offer).is_none()) {
        return Err(ServiceError::new(
            ErrorCode::AddonInvalid,
            format!(
                "{} is not available with {}. Remove it from the order, or choose another plan.",
                addon.name,
                offer.name()
            ),
        ));
    }
    check_exclusions(&addons, "Remove one of them.")?;
    Ok(addons)
}

/// Rejects add-ons that a team cannot have at the same time. `remedy` ends the message.
fn check_exclusions(addons: &BTreeMap<&str, &Addon>, remedy: &str) -> Result<(), ServiceError> {
    let pair = addons.values().find_map(|one| Some((one, addons.values().find(|other| one.conflicts_with(other))?)));
    match pair {
        None => Ok(()),
        Some((one, other)) => Err(ServiceError::new(
            ErrorCode::AddonInvalid,
            format!("A team cannot have both {} and {}. {remedy}", one.name, other.name),
        )),
    }
}

/// Rejects a trial with a custom number of licences, with add-ons, or of a commitment without trials.
pub fn check_trial(desired: &Package<'_>) -> Result<(), ServiceError> {
    let included = desired.offer.plan.included;
    let problem = if !desired.offer.commitment.has_trial() {
        format!("{} has no trial. Order it as paid, or choose another commitment.", desired.offer.name())
    } else if desired.seats != included {
        format!(
            "A trial of {} has exactly {included} licences. Order more after the trial is converted to paid.",
            desired.offer.plan.name
        )
    } else if let Some(addon) = desired.addons.values().next() {
        format!("A trial cannot have add-ons. Order {} after the trial is converted to paid.", addon.name)
    } else {
        return Ok(());
    };
    Err(ServiceError::new(ErrorCode::TrialRefused, problem))
}

/// Rejects a change of `team` from the package `current` to `desired` that Dropbox, or the BSS vendor's own connector, does not
/// allow.
pub fn check_change(team: &Team, current: &Package<'_>, desired: &Package<'_>) -> Result<(), ServiceError> {
    check_plan_change(current.offer.plan, desired.offer.plan)?;
    // A removed add-on stays until the renewal.
    let until = team.term_end().map_or_else(|| "the renewal".to_owned(), |end| end.strftime("%Y-%m-%d").to_string());
    let interim = current.until_renewal(desired);
    if let Some(addon) = current.addons.values().find(|addon| addon.sku(interim.offer).is_none()) {
        return Err(ServiceError::new(
            ErrorCode::AddonInvalid,
            format!(
                "{} is paid until {until}, and is not available with {}. Remove it, then change the plan after that day.",
                addon.name,
                interim.offer.name()
            ),
        ));
    }
    check_exclusions(
        &interim.addons,
        &format!("A removed add-on stays active until {until}. Add the other one after that day."),
    )
}

/// Rejects a change to a plan of another line, or to a lower plan. The definitions offer every change that this accepts.
///
/// # Errors
/// [`ErrorCode::StateConflict`] or [`ErrorCode::DowngradeRefused`].
pub fn check_plan_change(from: &Plan, to: &Plan) -> Result<(), ServiceError> {
    if from.line != to.line {
        return Err(ServiceError::new(
            ErrorCode::StateConflict,
            format!(
                "{} cannot be changed to {}. Cancel the subscription, then order the other plan.",
                from.name, to.name
            ),
        ));
    }
    if to.rank < from.rank {
        return Err(ServiceError::new(
            ErrorCode::DowngradeRefused,
            format!("{} cannot be downgraded to {}. Choose {} or a higher plan.", from.name, to.name, from.name),
        ));
    }
    Ok(())
}

/// Rejects a trial after its end, and a trial of another plan than the one it began with.
pub fn check_trial_change(
    team: &Team,
    current: &Package<'_>,
    desired: &Package<'_>,
    at: jiff::Timestamp,
) -> Result<(), ServiceError> {
    let problem = if team.trial_is_over(at) {
        "The trial is over. Order the subscription as paid."
    } else if !current.offer.is_same(&desired.offer) {
        "A trial cannot change its plan. Convert it to paid with the other plan, or cancel it."
    } else {
        return Ok(());
    };
    Err(ServiceError::new(ErrorCode::TrialRefused, problem))
}
