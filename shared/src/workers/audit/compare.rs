//! The comparison of an organization's three sides: the vendor, our records and ConnectWise. Pure.

use rust_decimal::Decimal;

use crate::connectwise::api::addition::Billing;
use crate::domain::subscription_record::SubscriptionState;
use crate::store::{AgreementLink, Finding, FindingKind, Fix, FoundAddition, MoneyDirection, SyncState, UsedSeats};
use crate::vendor::{Customer, CustomerState};
use crate::workers::additions::desired::is_stored_as;
use crate::workers::audit::catalog::{Product, monthly};
use crate::workers::audit::fair_use;
use crate::workers::audit::finding::{amount, new, of_addition};
use crate::workers::audit::sides::{Context, Sides};

/// Returns the findings of an organization.
pub fn organization(context: &Context<'_>, sides: &Sides<'_>) -> Vec<Finding> {
    let mut findings =
        match (sides.customer.filter(|customer| customer.state != CustomerState::Unsubscribed), sides.link) {
            (None, _) => after_end(context, sides),
            (Some(customer), None) => vec![without_link(context, sides, customer)],
            (Some(customer), Some(link)) => billing(context, sides, customer, link),
        };
    findings.extend(fair_use::finding(context, sides));
    findings
}

/// Findings of a live and linked organization.
fn billing(context: &Context<'_>, sides: &Sides<'_>, customer: &Customer, link: &AgreementLink) -> Vec<Finding> {
    let impossible = |text: String| {
        let advice = "Compare it by hand in Dropsuite's portal and in ConnectWise.";
        vec![new(context, sides, FindingKind::NotCompared, text, advice)]
    };
    let Some(plan) = &customer.plan else {
        return impossible("Dropsuite does not tell the plan of the organization.".to_owned());
    };
    let Some(product) = context.catalog.of_plan(plan) else {
        return impossible(format!("The plan {plan} has no product in ConnectWise."));
    };
    let Some(due) = due(customer, link.used_seats.as_ref()) else {
        return impossible("Dropsuite does not tell how many seats it bills.".to_owned());
    };
    let is_trial = sides.sale.is_some_and(|sale| sale.subscription.trial);
    let bills = |stray: &&FoundAddition| stray.product == product.item && stray.is_billable();
    let strays: Vec<_> = sides.strays.iter().copied().filter(bills).collect();
    let Some((first, others)) = primary(sides, link) else {
        // An addition that ends later still bills it.
        let is_billed = is_trial || !sides.own.is_empty();
        return if is_billed { Vec::new() } else { vec![not_billed(context, sides, link, product, due, &strays)] };
    };
    if first.company.is_some_and(|company| company != link.company) {
        return vec![wrong_company(context, sides, first, link)];
    }
    if first.product != product.item {
        return vec![wrong_product(context, sides, first, product, due)];
    }
    let mut findings = vec![];
    let mut add = |finding: Option<Finding>| findings.extend(finding);
    let billable = first.is_billable();
    if is_trial {
        add(billable.then(|| trial_billed(context, sides, first)));
    } else if billable {
        add(quantity(context, sides, first, product, due));
        add(price(context, sides, first, link));
    } else {
        let text = format!("The addition {} is not billable: {}.", first.addition, billing_mode(&first.billing));
        let advice = "Set it to billable in ConnectWise, or dismiss this finding.";
        let finding = of_addition(context, sides, first, FindingKind::NotBilled, text, advice).due(due);
        add(Some(finding.costing(
            Some(product),
            unit_price(link, product) * Decimal::from(due),
            MoneyDirection::NotInvoiced,
        )));
    }
    for other in others.into_iter().chain(strays) {
        let text = format!("The addition {} bills the organization as well as {}.", other.addition, first.addition);
        let advice = "Cancel one of them in ConnectWise.";
        let finding = of_addition(context, sides, other, FindingKind::BilledTwice, text, advice);
        let product = context.catalog.product(other.product);
        add(Some(finding.per_addition(other).costing(product, amount(other), MoneyDirection::InvoicedTooMuch)));
    }
    findings
}

fn wrong_company(context: &Context<'_>, sides: &Sides<'_>, first: &FoundAddition, link: &AgreementLink) -> Finding {
    let text = format!("The addition {} is in an agreement of another company than {}.", first.addition, link.company);
    let advice = "Link the organization with an agreement of its company.";
    let finding = of_addition(context, sides, first, FindingKind::WrongCompany, text, advice);
    let finding = Finding { company: first.company, fix: Some(Fix::Link), ..finding };
    finding.costing(context.catalog.product(first.product), amount(first), MoneyDirection::InvoicedTooMuch)
}

/// Returns the open addition that bills an organization, and the other ones that do.
fn primary<'a>(sides: &Sides<'a>, link: &AgreementLink) -> Option<(&'a FoundAddition, Vec<&'a FoundAddition>)> {
    let tracked = sides.sale.and_then(|sale| sale.addition.as_ref()?.tracked.as_ref());
    let is_tracked = |found: &FoundAddition| {
        tracked.is_some_and(|tracked| (tracked.agreement, tracked.addition) == (found.agreement, found.addition))
    };
    let mut own: Vec<_> = sides.own.iter().copied().filter(|found| found.is_open()).collect();
    own.sort_by_key(|found| {
        (!found.is_billable(), !is_tracked(found), found.agreement != link.agreement, found.addition)
    });
    let mut own = own.into_iter();
    Some((own.next()?, own.filter(|other| other.is_billable()).collect()))
}

/// Returns the quantity to bill; `None` if the vendor does not tell. `used_seats` is that of the link.
pub fn due(customer: &Customer, used_seats: Option<&UsedSeats>) -> Option<u32> {
    if customer.by_seats() == Some(false) {
        return Some(1);
    }
    match used_seats {
        Some(used) => Some(used.within_bounds(billable(customer)?)),
        None if customer.auto_license => billable(customer),
        None => Some(customer.seats),
    }
}

/// Returns the seats that the vendor bills; `None` if it does not tell, or tells none while some are in use.
pub fn billable(customer: &Customer) -> Option<u32> {
    customer.billable_seats.filter(|seats| *seats > 0 || customer.seats_used == 0)
}

fn unit_price(link: &AgreementLink, product: &Product) -> Decimal {
    link.unit_price.or(product.price).unwrap_or_default()
}

fn billing_mode(billing: &Billing) -> &str {
    match billing {
        Billing::Billable => "Billable",
        Billing::DoNotBill => "DoNotBill",
        Billing::NoCharge => "NoCharge",
        Billing::Other(other) => other,
    }
}

fn not_billed(
    context: &Context<'_>,
    sides: &Sides<'_>,
    link: &AgreementLink,
    product: &Product,
    due: u32,
    strays: &[&FoundAddition],
) -> Finding {
    let sold = sides.sale.filter(|sale| sale.subscription.state != SubscriptionState::Cancelled);
    let failed = sold.and_then(|sale| sale.addition.as_ref()).filter(|record| record.sync.state == SyncState::Failed);
    let has_addition = sold.is_some_and(|sale| {
        sale.addition.as_ref().is_some_and(|record| record.tracked.as_ref().is_some_and(|tracked| !tracked.ended))
    });
    let adoptable = match strays {
        [one] if one.agreement == link.agreement => Some(*one),
        _ => None,
    };
    let problem = match (sides.inactive, failed.and_then(|record| record.sync.reason.as_deref())) {
        (Some(status), _) => format!(" The agreement {} is {status}.", link.agreement),
        (None, Some(reason)) => format!(" {reason}"),
        (None, None) => String::new(),
    };
    let text = format!("Dropsuite bills the organization, and no addition of ours does.{problem}");
    let by_hand = strays.iter().map(|stray| format!("{} of the agreement {}", stray.addition, stray.agreement));
    let by_hand: Vec<_> = by_hand.collect();
    let by_hand = format!(
        "Additions by hand may bill it: {}. Link the organization with their agreement and take one over, or cancel them in ConnectWise.",
        by_hand.join(", ")
    );
    let (fix, advice) = match (sold, adoptable) {
        (None, _) => (
            None,
            "Nothing is sold to it here. Order its subscription in the portal, or in your distributor's shop; or unsubscribe it at Dropsuite.",
        ),
        (Some(_), Some(_)) => (Some(Fix::Adopt), "Take over the open addition of its product."),
        (Some(_), None) if !strays.is_empty() => (None, by_hand.as_str()),
        (Some(_), None) if sides.inactive.is_some() => (
            Some(Fix::Retry),
            "Renew the agreement in ConnectWise, then try again; or link the organization with another agreement.",
        ),
        (Some(_), None) if has_addition => (Some(Fix::Recreate), "Create its addition again."),
        (Some(_), None) => (Some(Fix::Retry), "Try to create its addition again."),
    };
    Finding {
        addition: adoptable.map(|one| one.addition),
        billed: Some(Decimal::ZERO),
        fix,
        ..new(context, sides, FindingKind::NotBilled, text, advice)
    }
    .due(due)
    .costing(Some(product), unit_price(link, product) * Decimal::from(due), MoneyDirection::NotInvoiced)
}

fn trial_billed(context: &Context<'_>, sides: &Sides<'_>, first: &FoundAddition) -> Finding {
    let text = format!("The organization has a trial, and the addition {} is billable.", first.addition);
    let advice = "Set it to NoCharge in ConnectWise, or convert the trial to a paid subscription.";
    of_addition(context, sides, first, FindingKind::TooMany, text, advice).due(0).costing(
        context.catalog.product(first.product),
        amount(first),
        MoneyDirection::InvoicedTooMuch,
    )
}

fn quantity(
    context: &Context<'_>,
    sides: &Sides<'_>,
    first: &FoundAddition,
    product: &Product,
    due: u32,
) -> Option<Finding> {
    let difference = Decimal::from(due) - first.quantity;
    if difference.is_zero() {
        return None;
    }
    let link = sides.link?;
    let billed = sides.sale.and_then(|sale| sale.subscription.billed.as_ref());
    let sold = billed.map(|billed| link.billed_seats(billed.quantity));
    let in_portal = link.account.application == context.msp.as_application_id();
    let (fix, advice) = if sold == Some(due) {
        (Some(Fix::Retry), "Set the addition to the seats that were sold.")
    } else if in_portal {
        (
            Some(Fix::ChangeSeats),
            "Order the seats that Dropsuite bills. Or bill the seats in use: set billedSeats to used in the link.",
        )
    } else {
        (
            None,
            "Order the seats that Dropsuite bills in your distributor's shop. Or bill the seats in use: set billedSeats to used in the link.",
        )
    };
    let kind = if difference.is_sign_positive() { FindingKind::TooFew } else { FindingKind::TooMany };
    let text = format!("{due} are due, and the addition {} bills {}.", first.addition, first.quantity.normalize());
    let price = first.unit_price.unwrap_or_else(|| unit_price(link, product));
    let finding = Finding { fix, ..of_addition(context, sides, first, kind, text, advice) }.due(due);
    Some(finding.costing(Some(product), difference * price, MoneyDirection::of(difference)))
}

fn price(context: &Context<'_>, sides: &Sides<'_>, first: &FoundAddition, link: &AgreementLink) -> Option<Finding> {
    let product = context.catalog.product(first.product)?;
    let (expected, of) = match link.unit_price {
        Some(price) => (price, "the link's"),
        None => (product.price?, "the catalog's"),
    };
    let found = first.unit_price?;
    if is_stored_as(Some(expected), Some(found)) {
        return None;
    }
    let difference = expected - found;
    let text = format!(
        "The price of the addition {} is {}, and {of} is {}.",
        first.addition,
        found.normalize(),
        expected.normalize()
    );
    let advice = "Set the price in ConnectWise, or dismiss this finding if the price is agreed.";
    let finding = of_addition(context, sides, first, FindingKind::PriceDiffers, text, advice);
    Some(finding.costing(Some(product), difference * first.quantity, MoneyDirection::of(difference)))
}

fn wrong_product(
    context: &Context<'_>,
    sides: &Sides<'_>,
    first: &FoundAddition,
    product: &Product,
    due: u32,
) -> Finding {
    let is_ordered =
        sides.sale.and_then(|sale| sale.subscription.billed.as_ref()).is_some_and(|billed| billed.plan == product.plan);
    let text =
        format!("Dropsuite bills the plan {}, and the addition {} has another product.", product.plan, first.addition);
    let advice = if is_ordered {
        "Set the plan's product again in ConnectWise. Or cancel the addition there, then create it again."
    } else {
        "Order the plan that Dropsuite bills, or set the plan that was sold in Dropsuite's portal."
    };
    let is_trial = sides.sale.is_some_and(|sale| sale.subscription.trial);
    let price = sides.link.filter(|_| !is_trial).map_or(Decimal::ZERO, |link| unit_price(link, product));
    let (currency, expected) = product.monthly(price * Decimal::from(due)).unzip();
    let billed = context.catalog.product(first.product).and_then(|billed| billed.monthly(amount(first)));
    let billed = billed.filter(|(billed, _)| Some(*billed) == currency).map(|(_, amount)| amount);
    let per_month = currency.zip(expected.zip(billed)).and_then(|(currency, (expected, billed))| {
        let difference = expected - billed;
        monthly(difference, 1, currency, MoneyDirection::of(difference))
    });
    Finding { per_month, ..of_addition(context, sides, first, FindingKind::WrongProduct, text, advice).due(due) }
}

fn without_link(context: &Context<'_>, sides: &Sides<'_>, customer: &Customer) -> Finding {
    let text = "Dropsuite bills the organization, and it is not linked with an agreement.".to_owned();
    let advice = "Link it with its company and agreement.";
    let product = customer.plan.as_ref().and_then(|plan| context.catalog.of_plan(plan));
    let due = due(customer, None);
    let finding = new(context, sides, FindingKind::OrganizationWithoutLink, text, advice);
    let price = product.and_then(|product| product.price).unwrap_or_default();
    Finding { due, fix: Some(Fix::Link), ..finding }.costing(
        product,
        price * Decimal::from(due.unwrap_or(0)),
        MoneyDirection::NotInvoiced,
    )
}

/// Findings of an organization that has ended.
fn after_end(context: &Context<'_>, sides: &Sides<'_>) -> Vec<Finding> {
    let sold = sides.sale.is_some_and(|sale| sale.subscription.state != SubscriptionState::Cancelled);
    let in_portal = sides.link.is_some_and(|link| link.account.application == context.msp.as_application_id());
    let advice = match (sold, in_portal) {
        (true, true) => "Unsubscribe it in the portal as well: the addition then ends.",
        (true, false) => "Have it cancelled in your distributor's shop as well: the addition then ends.",
        (false, _) => "Cancel the addition in ConnectWise.",
    };
    let state = if sides.customer.is_some() { "is unsubscribed at Dropsuite" } else { "is gone at Dropsuite" };
    let findings = sides.own.iter().filter(|found| found.is_billable() && found.is_open()).map(|found| {
        let text = format!("The organization {state}, and the addition {} is open.", found.addition);
        let finding = of_addition(context, sides, found, FindingKind::AfterEnd, text, advice).due(0);
        let product = context.catalog.product(found.product);
        finding.per_addition(found).costing(product, amount(found), MoneyDirection::InvoicedTooMuch)
    });
    findings.collect()
}

#[cfg(test)]
mod tests;
