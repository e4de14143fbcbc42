//! Subscriptions: plan, seats, suspension and cancellation of an organization.

use jiff::SignedDuration;

use super::accounts::missing_error;
use super::definitions::ARCHIVING;
use super::organization::{self, Row};
use super::plan::{Family, Plan, Plans};
use super::{Dropsuite, contract};
use crate::domain::account::Role;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::PlanId;
use crate::domain::subscription_record::SubscriptionState;
use crate::vendor::{NextStep, Provisioned, SubscriptionTarget, VendorContext};

impl Dropsuite {
    /// Returns the next change that brings the organization to the desired state; its plan and seats once it has converged,
    /// `None` if it is not live.
    pub async fn next_for_subscription(
        &self,
        session: &VendorContext<'_>,
        goal: &SubscriptionTarget<'_>,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let partner = self.partner(session)?;
        let id = goal.account;
        let row = self.row(session, &partner, Role::User, id).await?;
        let switch = |operation| NextStep::step(organization::switch(&partner, operation, id.as_str()));
        match (goal.state, row) {
            (SubscriptionState::Cancelled, Some(row)) if !row.customer_deactivated => {
                Ok(switch(&contract::UNSUBSCRIBE))
            }
            (SubscriptionState::Suspended, Some(row)) if row.customer_deactivated => Err(ServiceError::new(
                ErrorCode::StateConflict,
                "The subscription is cancelled at Dropsuite, so it cannot be suspended. Activate it first.",
            )),
            (SubscriptionState::Suspended, Some(row)) if !row.flg_suspended => Ok(switch(&contract::SUSPEND)),
            (SubscriptionState::Cancelled, _) | (SubscriptionState::Suspended, Some(_)) => {
                Ok(NextStep::Converged(None))
            }
            (SubscriptionState::Suspended | SubscriptionState::Live, None) => {
                Err(kept_settings(goal).err().unwrap_or_else(|| missing_error(id)))
            }
            (SubscriptionState::Live, Some(row)) => {
                let plans = self.plans(session, &partner, |plans| ordered(plans, goal).is_ok()).await?;
                let wanted = ResolvedOrder::of(&plans, goal, &row)?;
                kept_settings(goal)?;
                Ok(if row.customer_deactivated {
                    switch(&contract::REACTIVATE)
                } else if row.flg_suspended {
                    switch(&contract::UNSUSPEND)
                } else if row.has_field(wanted.plan, wanted.seats) {
                    NextStep::Converged(wanted.provisioned())
                } else {
                    NextStep::step(organization::set_subscription(&partner, id.as_str(), wanted.plan, wanted.seats))
                })
            }
        }
    }
}

/// Desired plan and seats of a live subscription, after all rules.
struct ResolvedOrder<'p> {
    ordered: &'p Plan,
    plan: &'p Plan,
    seats: Option<u32>,
}

impl<'p> ResolvedOrder<'p> {
    fn of(plans: &'p Plans, goal: &SubscriptionTarget<'_>, row: &Row) -> Result<Self, ServiceError> {
        let ordered = ordered(plans, goal)?;
        same_currency(plans, goal, row, ordered)?;
        let archiving = goal.entitlements.features.contains(ARCHIVING);
        let plan = match ordered.family() {
            Some(Family::Backup) if archiving => plans.with_archiving(ordered)?,
            Some(Family::Backup | Family::Archiver | Family::Personal) | None => ordered,
        };
        Ok(Self { ordered, plan, seats: seats(plan, goal, row)? })
    }

    /// Returns the state to record after convergence. A plan without seats is billed once.
    fn provisioned(&self) -> Option<Provisioned> {
        Some(Provisioned {
            ordered: PlanId::parse(&self.ordered.id)?,
            billed: PlanId::parse(&self.plan.id)?,
            quantity: self.seats.unwrap_or(1),
        })
    }
}

fn ordered<'p>(plans: &'p Plans, goal: &SubscriptionTarget<'_>) -> Result<&'p Plan, ServiceError> {
    let silent = goal.plan.code.is_none() && goal.plan.candidates.is_empty();
    let on_record = goal.current.filter(|_| silent).and_then(|current| plans.get(current.plan.as_str()));
    on_record.or_else(|| plans.choose(goal.plan)).ok_or_else(|| Plans::unknown(goal.plan))
}

/// Rejects a plan in another currency than that of the subscription, or of an organization that existed before us.
fn same_currency(plans: &Plans, goal: &SubscriptionTarget<'_>, row: &Row, ordered: &Plan) -> Result<(), ServiceError> {
    let before = match goal.current {
        Some(current) => plans.get(current.plan.as_str()),
        None if goal.account_created_by_us || row.customer_deactivated => None,
        None => plans.get(&row.plan_id),
    };
    match before {
        Some(before) if !before.currency.eq_ignore_ascii_case(&ordered.currency) => Err(ServiceError::new(
            ErrorCode::CurrencyMismatch,
            format!(
                "The plan {} is priced in {}, but the current plan {} is priced in {}. Choose a plan in {}.",
                ordered.name, ordered.currency, before.name, before.currency, before.currency
            ),
        )),
        Some(_) | None => Ok(()),
    }
}

fn seats(plan: &Plan, goal: &SubscriptionTarget<'_>, row: &Row) -> Result<Option<u32>, ServiceError> {
    if plan.family() == Some(Family::Personal) {
        return Ok(None);
    }
    let seats = goal.entitlements.seats.filter(|seats| *seats > 0).ok_or_else(|| {
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

fn kept_settings(goal: &SubscriptionTarget<'_>) -> Result<(), ServiceError> {
    let days = SignedDuration::from_hours(24 * contract::RETENTION_DAYS);
    let cancelled = goal.current.and_then(|current| current.cancelled_at);
    if cancelled.is_some_and(|cancelled| goal.now.duration_since(cancelled) > days) {
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
