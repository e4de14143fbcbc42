//! Subscriptions: an organization's plan and seats, its suspension and its end.

use jiff::SignedDuration;

use super::accounts::gone;
use super::organization::{self, Row};
use super::plan::{Family, Plan, Plans};
use super::{ARCHIVING, Dropsuite, contract};
use crate::domain::account::Role;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::PlanId;
use crate::domain::subscription_record::SubscriptionState;
use crate::vendor::{NextStep, Provisioned, VendorContext, SubscriptionTarget};

impl Dropsuite {
    /// What to do next so that the organization is as wished; what it is then.
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
                "The subscription is cancelled at Dropsuite and can't be suspended. Activate it first.",
            )),
            (SubscriptionState::Suspended, Some(row)) if !row.flg_suspended => Ok(switch(&contract::SUSPEND)),
            (SubscriptionState::Cancelled, _) | (SubscriptionState::Suspended, Some(_)) => Ok(NextStep::Converged(None)),
            (SubscriptionState::Suspended | SubscriptionState::Live, None) => {
                Err(retained(goal).err().unwrap_or_else(|| gone(id)))
            }
            (SubscriptionState::Live, Some(row)) => {
                let plans = self.plans(session, &partner, |plans| ordered(plans, goal).is_ok()).await?;
                let wanted = Wanted::of(&plans, goal, &row)?;
                retained(goal)?;
                Ok(if row.customer_deactivated {
                    switch(&contract::REACTIVATE)
                } else if row.flg_suspended {
                    switch(&contract::UNSUSPEND)
                } else if row.has(wanted.plan, wanted.seats) {
                    NextStep::Converged(wanted.provisioned())
                } else {
                    NextStep::step(organization::set_subscription(&partner, id.as_str(), wanted.plan, wanted.seats))
                })
            }
        }
    }
}

/// What a live subscription shall have, after all rules.
struct Wanted<'p> {
    ordered: &'p Plan,
    plan: &'p Plan,
    seats: Option<u32>,
}

impl<'p> Wanted<'p> {
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

    /// What there is when it is so. A plan that is not sold by seats is billed once.
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

/// A subscription keeps its currency, and so does an organization that was there before us.
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
                "The plan {} is in {}, the present plan {} in {}. Choose a plan in {}.",
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
        ServiceError::new(ErrorCode::SeatsInvalid, format!("The plan {} is sold by seats: order at least 1.", plan.name))
    })?;
    if seats < row.seats_used {
        return Err(ServiceError::new(
            ErrorCode::SeatsInUse,
            format!(
                "{} seats are in use, {seats} are wished. Remove mailboxes from the backup first, or order at least {} seats.",
                row.seats_used, row.seats_used
            ),
        ));
    }
    Ok(Some(seats))
}

fn retained(goal: &SubscriptionTarget<'_>) -> Result<(), ServiceError> {
    let days = SignedDuration::from_hours(24 * contract::RETENTION_DAYS);
    let cancelled = goal.current.and_then(|current| current.cancelled_at);
    if cancelled.is_some_and(|cancelled| goal.now.duration_since(cancelled) > days) {
        return Err(ServiceError::new(
            ErrorCode::RetentionExpired,
            format!(
                "The subscription was cancelled more than {} days ago and Dropsuite has deleted its data. Order a new subscription instead.",
                contract::RETENTION_DAYS
            ),
        ));
    }
    Ok(())
}
