//! The finding of deactivated seats that cost, or are about to.

use rust_decimal::Decimal;

use crate::store::{Finding, FindingKind, Money, MoneyDirection};
use crate::vendor::CustomerState;
use crate::workers::audit::catalog::monthly;
use crate::workers::audit::finding::new;
use crate::workers::audit::sides::{Context, Sides};

/// Returns the finding of an organization whose deactivated seats are about to cost, or cost already.
pub fn finding(context: &Context<'_>, sides: &Sides<'_>) -> Option<Finding> {
    let customer = sides.customer.filter(|customer| customer.state != CustomerState::Unsubscribed)?;
    let usage = context.fair_use.usage(customer).filter(|_| customer.by_seats() != Some(false))?;
    if !usage.is_near() {
        return None;
    }
    let plan = customer.listed_plan.as_ref();
    let cost = |seats: u32| -> Option<Money> {
        let plan = plan?;
        monthly(plan.price? * Decimal::from(seats), plan.months?, &plan.currency, MoneyDirection::Vendor)
    };
    let each = cost(1).map_or_else(String::new, |money| format!(" {} {} a month", money.currency, money.amount));
    let (allowance, deactivated, excess) = (usage.allowance, usage.deactivated, usage.excess());
    let (text, advice) = if excess > 0 {
        (
            format!("{deactivated} seats are deactivated, and {allowance} of them are free: {excess} are billed."),
            "Delete the data of mailboxes that are not needed any more, or keep it elsewhere.".to_owned(),
        )
    } else {
        (
            format!("{deactivated} of {allowance} free deactivated seats are in use."),
            format!("Each further one beyond {allowance} costs{each}."),
        )
    };
    Some(Finding { per_month: cost(excess), ..new(context, sides, FindingKind::FairUse, text, &advice) })
}
