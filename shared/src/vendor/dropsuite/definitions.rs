//! The definitions for the BSS, built from the partner's own plans: a product type per family, a product per plan, and the
//! add-ons. A plan of an unknown family or billing period is omitted, because its price cannot be computed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::plan::{Family, Plan, Plans};
use crate::bss::responses::{
    Addon, AttributeDefinition, AttributeKind, AttributeUsage, AttributeValue, Price, Product, ProductAttribute,
    ProductTypeCollection, ProductTypeDefinition, ProductsCollection, RelatedProduct, Relation, Scope, ServiceLink,
    UnitBillingCycle, UnitPrice, UpdateOption,
};
use crate::vendor::definition::{attribute, distinct};

/// Attribute of the definitions with the number of seats.
pub(super) const SEATS: &str = "seats";

/// Feature and add-on for archiving.
pub(super) const ARCHIVING: &str = "archiving";

/// Add-on for additional seats.
pub(super) const EXTRA_SEATS: &str = "extra-seats";

/// Length of a trial, in days. The length is our own: no trial is known in the API.
pub const TRIAL_DAYS: u32 = 14;

const PLAN: &str = "plan";
const STORAGE: &str = "storage";

/// Properties that a refresh of the definitions may change on an existing product of the BSS.
const UPDATES: [UpdateOption; 4] =
    [UpdateOption::Name, UpdateOption::UnitBillingCycles, UpdateOption::Prices, UpdateOption::RelatedProducts];

/// Returns the product types of `plans`. `portal` is the URL at which customers sign in.
pub fn product_types(plans: &Plans, portal: &str) -> ProductTypeCollection {
    let product_types = [Family::Backup, Family::Archiver, Family::Personal]
        .into_iter()
        .filter_map(|family| {
            let sellable: Vec<Sellable<'_>> = sellable_plans(plans, family).collect();
            (!sellable.is_empty()).then(|| product_type(family, &sellable, plans, portal))
        })
        .collect();
    ProductTypeCollection { product_types }
}

/// A plan that can be sold: its family, billing period and price are known.
struct Sellable<'p> {
    plan: &'p Plan,
    cycle: UnitBillingCycle,
    price: Decimal,
}

fn sellable_plans(plans: &Plans, family: Family) -> impl Iterator<Item = Sellable<'_>> {
    plans.iter().filter(move |plan| plan.family() == Some(family)).filter_map(|plan| {
        let cycle = plan.billing_cycle()?;
        Some(Sellable { plan, cycle, price: plan.price()? })
    })
}

fn product_type(family: Family, sellable: &[Sellable<'_>], plans: &Plans, portal: &str) -> ProductTypeDefinition {
    let (id, name, description) = match family {
        Family::Backup => ("backup", "Dropsuite Email Backup", "Backs up mailboxes. Billed per seat."),
        Family::Archiver => {
            ("archiver", "Dropsuite Email Archiver", "Backs up and archives mailboxes. Billed per seat.")
        }
        Family::Personal => ("personal", "Dropsuite Basic Backup", "Backs up single mailboxes. Billed by storage."),
    };
    let addons = match family {
        Family::Backup => [Some(extra_seats(sellable)), archiving(sellable, plans)].into_iter().flatten().collect(),
        Family::Archiver => vec![extra_seats(sellable)],
        Family::Personal => Vec::new(),
    };
    ProductTypeDefinition {
        id: id.to_owned(),
        name: name.to_owned(),
        description: Some(description.to_owned()),
        portal_url: Some(portal.to_owned()),
        quantity_limit: u32::from(family == Family::Personal),
        scope: Scope::Both,
        service_links: vec![ServiceLink {
            title: "Dropsuite portal".to_owned(),
            description: None,
            url: portal.to_owned(),
        }],
        attribute_list: attributes(family, sellable),
        products_collection: ProductsCollection {
            products: sellable
                .iter()
                .map(|sold| product(family, sold, upgrades(family, sold, sellable, plans)))
                .collect(),
            addons,
        },
        ..ProductTypeDefinition::default()
    }
}

fn attributes(family: Family, sellable: &[Sellable<'_>]) -> Vec<AttributeDefinition> {
    let plan = AttributeDefinition {
        id: PLAN.to_owned(),
        name: "Plan".to_owned(),
        kind: AttributeKind::PredefinedChooseOne,
        is_required: true,
        predefined_values: sellable
            .iter()
            .map(|Sellable { plan, .. }| AttributeValue {
                id: plan.id.clone(),
                code: plan.id.clone(),
                name: plan.name.clone(),
                ..AttributeValue::default()
            })
            .collect(),
        ..AttributeDefinition::default()
    };
    let seats = AttributeDefinition {
        id: SEATS.to_owned(),
        sort_order: 1,
        name: "Seats".to_owned(),
        description: Some("Number of mailboxes to back up.".to_owned()),
        kind: AttributeKind::Numeric,
        is_required: true,
        linked_to_quantity: true,
        ..AttributeDefinition::default()
    };
    let archiving = AttributeDefinition {
        id: ARCHIVING.to_owned(),
        sort_order: 2,
        name: "Archiving".to_owned(),
        usage: AttributeUsage::HiddenCharacteristic,
        kind: AttributeKind::Boolean,
        ..AttributeDefinition::default()
    };
    let storage = AttributeDefinition {
        id: STORAGE.to_owned(),
        sort_order: 1,
        name: "Storage".to_owned(),
        ..AttributeDefinition::default()
    };
    match family {
        Family::Backup => vec![plan, seats, archiving],
        Family::Archiver => vec![plan, seats],
        Family::Personal => vec![plan, storage],
    }
}

/// Returns the relations of a product: every plan of its type that its subscriptions can change to, also a cheaper one,
/// because the BSS has no other relation for a change. A backup plan leads to the archiver plans with its billing as well.
fn upgrades(family: Family, sold: &Sellable<'_>, sellable: &[Sellable<'_>], plans: &Plans) -> Vec<RelatedProduct> {
    let plan = sold.plan;
    let own = sellable.iter().map(|other| other.plan).filter(|other| other.id != plan.id && plan.can_change_to(other));
    let archivers = sellable_plans(plans, Family::Archiver)
        .map(|other| other.plan)
        .filter(|other| family == Family::Backup && plan.same_billing(other));
    own.chain(archivers)
        .map(|other| RelatedProduct { product_id: other.id.clone(), relation: Relation::Upgrade })
        .collect()
}

fn product(family: Family, sellable: &Sellable<'_>, related_products: Vec<RelatedProduct>) -> Product {
    let plan = sellable.plan;
    let measure = match family {
        Family::Backup | Family::Archiver => attribute(SEATS, "1"),
        Family::Personal => attribute(STORAGE, &plan.data_storage),
    };
    Product {
        id: plan.id.clone(),
        code: plan.id.clone(),
        name: plan.name.clone(),
        attributes: vec![ProductAttribute { is_primary_key: true, ..attribute(PLAN, &plan.id) }, measure],
        unit_type: (family != Family::Personal).then(|| "Seat".to_owned()),
        unit_billing_cycles: vec![sellable.cycle],
        update_options: UPDATES.to_vec(),
        is_activated: true,
        enable_cancellation: true,
        trial_enabled: true,
        trial_duration: TRIAL_DAYS,
        prices: prices([(plan.currency.to_ascii_uppercase(), sellable.cycle, sellable.price)]),
        related_products,
        ..Product::default()
    }
}

/// Returns the add-on for additional seats, at the plan's price of a seat.
fn extra_seats(sellable: &[Sellable<'_>]) -> Addon {
    Addon {
        id: EXTRA_SEATS.to_owned(),
        code: EXTRA_SEATS.to_owned(),
        name: "Extra seats".to_owned(),
        description: Some("Additional seats for the same subscription.".to_owned()),
        products: sellable.iter().map(|sellable| sellable.plan.id.clone()).collect(),
        attributes: vec![attribute(SEATS, "1")],
        unit_billing_cycles: distinct(sellable.iter().map(|sellable| sellable.cycle)),
        update_options: UPDATES.to_vec(),
        prices: prices(
            sellable
                .iter()
                .map(|sellable| (sellable.plan.currency.to_ascii_uppercase(), sellable.cycle, sellable.price)),
        ),
        ..Addon::default()
    }
}

/// Returns the add-on for archiving, priced at the difference between the archiver plan and the backup plan. It is offered
/// for backup plans with exactly one matching archiver plan.
fn archiving(sellable: &[Sellable<'_>], plans: &Plans) -> Option<Addon> {
    let offered: Vec<(&Sellable<'_>, Decimal)> = sellable
        .iter()
        .filter_map(|sellable| {
            let surcharge = plans.with_archiving(sellable.plan).ok()?.price()? - sellable.price;
            Some((sellable, surcharge.max(Decimal::ZERO)))
        })
        .collect();
    (!offered.is_empty()).then(|| Addon {
        id: ARCHIVING.to_owned(),
        code: ARCHIVING.to_owned(),
        name: "Archiving".to_owned(),
        description: Some("Archives the mailboxes of the subscription. Billed per seat.".to_owned()),
        products: offered.iter().map(|(sellable, _)| sellable.plan.id.clone()).collect(),
        attributes: vec![attribute(ARCHIVING, "true")],
        unit_billing_cycles: distinct(offered.iter().map(|(sellable, _)| sellable.cycle)),
        update_options: UPDATES.to_vec(),
        prices: prices(
            offered
                .iter()
                .map(|(sellable, surcharge)| (sellable.plan.currency.to_ascii_uppercase(), sellable.cycle, *surcharge)),
        ),
        ..Addon::default()
    })
}

/// Returns the prices by currency and cycle. If plans of the same currency and cycle differ in price, the price is omitted
/// and the operator sets it. Costs are never set: the vendor does not report what a plan costs the partner.
fn prices(all: impl IntoIterator<Item = (String, UnitBillingCycle, Decimal)>) -> Vec<Price> {
    let mut by_currency: BTreeMap<String, BTreeMap<u8, (UnitBillingCycle, Option<Decimal>)>> = BTreeMap::new();
    for (currency, cycle, price) in all {
        by_currency
            .entry(currency)
            .or_default()
            .entry(cycle as u8)
            .and_modify(|(_, known)| *known = known.filter(|known| *known == price))
            .or_insert((cycle, Some(price)));
    }
    by_currency
        .into_iter()
        .map(|(currency, cycles)| Price {
            currency,
            units: cycles
                .into_values()
                .filter_map(|(billing_cycle, price)| {
                    Some(UnitPrice { billing_cycle, price: price?, ..UnitPrice::default() })
                })
                .collect(),
        })
        .filter(|price| !price.units.is_empty())
        .collect()
}
