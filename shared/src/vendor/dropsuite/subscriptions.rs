//! Subscriptions: plan, seats, suspension and cancellation of an organization.

use std::pin::pin;

use futures::future::{Either, select};
use jiff::SignedDuration;

use super::accounts::missing_error;
use super::definitions::ARCHIVING;
use super::organization::{self, Row};
use super::plan::{Family, Plan, Plans};
use super::settings::Partner;
use super::{Dropsuite, contract};
use crate::domain::account::Role;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::PlanId;
use crate::domain::subscription_record::SubscriptionState;
use crate::vendor::{NextStep, Progress, Provisioned, Reactivation, SubscriptionTarget, VendorContext};

impl Dropsuite {
    /// Returns the next change that brings the organization to the desired state. Once it has converged, returns its plan
    /// and seats, or `None` if it is not live.
    pub async fn next_for_subscription(
        &self,
        context: &VendorContext<'_>,
        target: &SubscriptionTarget<'_>,
        progress: &Progress,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let partner = self.partner(context)?;
        let row = self.get_own_row(context, &partner, Role::User, target.account, target.reference);
        match target.state {
            SubscriptionState::Live => {
                let plans = self.plans(context, &partner, |plans| ordered_plan(plans, target).is_ok());
                match with_plans(row, plans).await? {
                    Some((row, plans)) => next_for_live(&partner, target, progress, &row, &*plans?),
                    None => Err(denial(target)),
                }
            }
            SubscriptionState::Suspended => match row.await? {
                Some(row) if row.customer_deactivated => Err(ServiceError::new(
                    ErrorCode::StateConflict,
                    "The subscription is cancelled at Dropsuite, so it cannot be suspended. Activate it first.",
                )),
                Some(row) if !row.flg_suspended => Ok(lifecycle_step(&partner, target, &contract::SUSPEND)),
                Some(_) => Ok(NextStep::Converged(None)),
                None => Err(denial(target)),
            },
            SubscriptionState::Cancelled => match row.await? {
                Some(row) if !row.customer_deactivated => Ok(lifecycle_step(&partner, target, &contract::UNSUBSCRIBE)),
                Some(_) => Ok(NextStep::Converged(None)),
                None => Err(missing_error(target.account)),
            },
        }
    }
}

/// Returns the error for a live or suspended subscription whose organization Dropsuite denies.
fn denial(target: &SubscriptionTarget<'_>) -> ServiceError {
    check_retention(target).err().unwrap_or_else(|| missing_error(target.account))
}

fn lifecycle_step(
    partner: &Partner,
    target: &SubscriptionTarget<'_>,
    operation: &contract::Operation,
) -> NextStep<Option<Provisioned>> {
    NextStep::step(organization::lifecycle_step(partner, operation, target.account.as_str()))
}

/// Reads the row and the plans at the same time. Without a row the plans are not waited for.
async fn with_plans<P>(
    row: impl Future<Output = Result<Option<Row>, ServiceError>>,
    plans: impl Future<Output = P>,
) -> Result<Option<(Row, P)>, ServiceError> {
    match select(pin!(row), pin!(plans)).await {
        Either::Left((row, plans)) => match row? {
            Some(row) => Ok(Some((row, plans.await))),
            None => Ok(None),
        },
        Either::Right((plans, row)) => Ok(row.await?.map(|row| (row, plans))),
    }
}

fn next_for_live(
    partner: &Partner,
    target: &SubscriptionTarget<'_>,
    progress: &Progress,
    row: &Row,
    plans: &Plans,
) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
    let changes_nothing = target.reactivation == Reactivation::Never;
    if changes_nothing && (row.customer_deactivated || row.flg_suspended) {
        return Err(ServiceError::new(
            ErrorCode::StateConflict,
            "The organization is suspended or cancelled at Dropsuite, so the order that follows a trial leaves it as it is.",
        ));
    }
    let resolved = ResolvedOrder::resolve(plans, target, row)?;
    check_retention(target)?;
    // Dropsuite adjusts the seats itself: those that it shows differ from those that were sent.
    let floats = row.auto_license && (changes_nothing || progress.has(contract::SET_SUBSCRIPTION.name));
    let seats = resolved.seats.filter(|_| !floats);
    if changes_nothing && !row.has_subscription(resolved.plan, seats) {
        return Err(changed_at_vendor(resolved.plan, seats, row));
    }
    Ok(if row.customer_deactivated {
        lifecycle_step(partner, target, &contract::REACTIVATE)
    } else if row.flg_suspended {
        lifecycle_step(partner, target, &contract::UNSUSPEND)
    } else if row.has_subscription(resolved.plan, seats) {
        NextStep::Converged(resolved.provisioned())
    } else {
        NextStep::step(organization::set_subscription(partner, row, resolved.plan, resolved.seats))
    })
}

/// Returns the error for an order without a request that finds another subscription than the recorded one: a person changed it.
/// `seats` is `None` if their number does not matter.
fn changed_at_vendor(plan: &Plan, seats: Option<u32>, row: &Row) -> ServiceError {
    let text = match seats.filter(|seats| *seats != row.seats_available) {
        Some(seats) => format!(
            "The organization has {} seats at Dropsuite, but the trial was sold here with {seats}. Change the trial to {} seats here, or the organization to {seats} at Dropsuite.",
            row.seats_available, row.seats_available
        ),
        None => format!(
            "The organization has another plan at Dropsuite than {}, with which the trial was sold here. Change it at Dropsuite, or convert or cancel the trial here.",
            plan.name
        ),
    };
    ServiceError::new(ErrorCode::StateConflict, text)
}

/// Desired plan and seats of a live subscription, after all rules.
struct ResolvedOrder<'p> {
    ordered: &'p Plan,
    plan: &'p Plan,
    seats: Option<u32>,
}

impl<'p> ResolvedOrder<'p> {
    fn resolve(plans: &'p Plans, target: &SubscriptionTarget<'_>, row: &Row) -> Result<Self, ServiceError> {
        let ordered = ordered_plan(plans, target)?;
        check_currency(plans, target, row, ordered)?;
        let archiving = target.entitlements.features.contains(ARCHIVING);
        let plan = match ordered.family() {
            Some(Family::Backup) if archiving => plans.with_archiving(ordered)?,
            Some(Family::Backup | Family::Archiver | Family::Personal) | None => ordered,
        };
        Ok(Self { ordered, plan, seats: desired_seats(plan, target, row)? })
    }

    /// Returns the state to record after convergence. A plan without seats is billed once.
    fn provisioned(&self) -> Option<Provisioned> {
        Some(Provisioned {
            ordered: PlanId::parse(&self.ordered.id)?,
            billed: PlanId::parse(&self.plan.id)?,
            quantity: self.seats.unwrap_or(1),
            term: None,
            trial_ends_at: None,
        })
    }
}

fn ordered_plan<'p>(plans: &'p Plans, target: &SubscriptionTarget<'_>) -> Result<&'p Plan, ServiceError> {
    let no_plan_named = target.plan.code.is_none() && target.plan.candidates.is_empty();
    let on_record = target.current.filter(|_| no_plan_named).and_then(|current| plans.get(current.plan.as_str()));
    on_record.or_else(|| plans.choose(target.plan)).ok_or_else(|| Plans::unknown_plan_error(target.plan))
}

/// Rejects a plan in another currency than that of the subscription, or of an organization that existed before us.
fn check_currency(
    plans: &Plans,
    target: &SubscriptionTarget<'_>,
    row: &Row,
    ordered: &Plan,
) -> Result<(), ServiceError> {
    let previous = match target.current {
        Some(current) => plans.get(current.plan.as_str()),
        None if target.account_created_by_us || row.customer_deactivated => None,
        None => plans.get(&row.plan_id),
    };
    match previous {
        Some(previous) if !previous.can_change_to(ordered) => Err(ServiceError::new(
            ErrorCode::CurrencyMismatch,
            format!(
                "The plan {} is priced in {}, but the current plan {} is priced in {}. Choose a plan in {}.",
                ordered.name, ordered.currency, previous.name, previous.currency, previous.currency
            ),
        )),
        Some(_) | None => Ok(()),
    }
}

fn desired_seats(plan: &Plan, target: &SubscriptionTarget<'_>, row: &Row) -> Result<Option<u32>, ServiceError> {
    if plan.family() == Some(Family::Personal) {
        return Ok(None);
    }
    let seats = target.entitlements.seats.filter(|seats| *seats > 0).ok_or_else(|| {
        ServiceError::new(
            ErrorCode::SeatsInvalid,
            format!("The plan {} is billed per seat. Order at least 1 seat.", plan.name),
        )
    })?;
    if seats < row.seats_used {
        return Err(ServiceError::new(
            ErrorCode::SeatsInUse,
            format!(
                "You ordered {seats} seats, but {} are in use. Remove mailboxes from the backup first, or order at least {} seats.",
                row.seats_used, row.seats_used
            ),
        ));
    }
    Ok(Some(seats))
}

fn check_retention(target: &SubscriptionTarget<'_>) -> Result<(), ServiceError> {
    let days = SignedDuration::from_hours(24 * contract::RETENTION_DAYS);
    let cancelled = target.current.and_then(|current| current.cancelled_at);
    if cancelled.is_some_and(|cancelled| target.now.duration_since(cancelled) > days) {
        return Err(ServiceError::new(
            ErrorCode::RetentionExpired,
            format!(
                "The subscription was cancelled more than {} days ago, and Dropsuite has deleted its data. Order a new subscription.",
                contract::RETENTION_DAYS
            ),
        ));
    }
    Ok(())
}
