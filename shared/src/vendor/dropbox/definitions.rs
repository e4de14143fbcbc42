//! The definitions for the BSS, built from the catalogue: one product type, a product per plan and commitment, and the
//! add-ons. The operator sets the prices, because the API does not report any.

use super::catalogue::{Addon, Catalogue, Commitment, Offer, PLAN, SEATS};
use super::contract::PORTAL;
use super::contract::TRIAL_DAYS;
use super::desired_package::check_plan_change;
use crate::bss::responses::{
    self, AttributeDefinition, AttributeKind, AttributeUsage, AttributeValue, Product, ProductAttribute,
    ProductTypeCollection, ProductTypeDefinition, ProductsCollection, RelatedProduct, Relation, Scope, ServiceLink,
    UnitBillingCycle, UpdateOption,
};
use crate::vendor::definition::{attribute, distinct};

/// Properties that a refresh of the definitions may change on an existing product of the BSS: all but the operator's prices.
const UPDATES: [UpdateOption; 5] = [
    UpdateOption::Name,
    UpdateOption::UnitBillingCycles,
    UpdateOption::TrialOffer,
    UpdateOption::TrialAttributes,
    UpdateOption::RelatedProducts,
];

/// Returns the product type of `catalogue`.
pub fn product_types(catalogue: &Catalogue) -> ProductTypeCollection {
    let product_type = ProductTypeDefinition {
        id: "dropbox".to_owned(),
        name: "Dropbox Subscription".to_owned(),
        description: Some("A Dropbox team. Billed per licence.".to_owned()),
        portal_url: Some(PORTAL.to_owned()),
        scope: Scope::Customer,
        service_links: vec![ServiceLink { title: "Dropbox".to_owned(), description: None, url: PORTAL.to_owned() }],
        attribute_list: attributes(catalogue),
        products_collection: ProductsCollection {
            products: catalogue.offers().map(|offer| product(catalogue, offer)).collect(),
            addons: catalogue.addons.iter().map(|sold| addon(catalogue, sold)).collect(),
        },
        ..ProductTypeDefinition::default()
    };
    ProductTypeCollection { product_types: vec![product_type] }
}

fn attributes(catalogue: &Catalogue) -> Vec<AttributeDefinition> {
    let plan = AttributeDefinition {
        id: PLAN.to_owned(),
        name: "Plan".to_owned(),
        kind: AttributeKind::PredefinedChooseOne,
        is_required: true,
        predefined_values: catalogue
            .offers()
            .map(|offer| AttributeValue {
                id: offer.skus.base.clone(),
                code: offer.skus.base.clone(),
                name: offer.name(),
                ..AttributeValue::default()
            })
            .collect(),
        ..AttributeDefinition::default()
    };
    let seats = AttributeDefinition {
        id: SEATS.to_owned(),
        sort_order: 1,
        name: "Licences".to_owned(),
        description: Some("Total number of licences of the team, including those in the plan.".to_owned()),
        kind: AttributeKind::Numeric,
        is_required: true,
        linked_to_quantity: true,
        ..AttributeDefinition::default()
    };
    let addons = catalogue.addons.iter().zip(2..).map(|(addon, sort_order)| AttributeDefinition {
        id: addon.id.clone(),
        sort_order,
        name: addon.name.clone(),
        usage: AttributeUsage::HiddenCharacteristic,
        kind: AttributeKind::Boolean,
        ..AttributeDefinition::default()
    });
    [plan, seats].into_iter().chain(addons).collect()
}

fn product(catalogue: &Catalogue, offer: Offer<'_>) -> Product {
    let upgrades =
        catalogue.offers().filter(|other| !other.is_same(&offer) && check_plan_change(offer.plan, other.plan).is_ok());
    let base = &offer.skus.base;
    Product {
        id: base.clone(),
        code: base.clone(),
        name: offer.name(),
        attributes: vec![ProductAttribute { is_primary_key: true, ..attribute(PLAN, base) }, attribute(SEATS, "1")],
        unit_type: Some("Licence".to_owned()),
        unit_billing_cycles: vec![cycle(offer.commitment)],
        update_options: UPDATES.to_vec(),
        is_activated: true,
        enable_cancellation: true,
        trial_enabled: offer.commitment.has_trial(),
        trial_duration: if offer.commitment.has_trial() { TRIAL_DAYS } else { 0 },
        related_products: upgrades
            .map(|other| RelatedProduct { product_id: other.skus.base.clone(), relation: Relation::Upgrade })
            .collect(),
        ..Product::default()
    }
}

fn addon(catalogue: &Catalogue, addon: &Addon) -> responses::Addon {
    let offers: Vec<_> = catalogue.offers().filter(|offer| addon.sku(*offer).is_some()).collect();
    responses::Addon {
        id: addon.id.clone(),
        code: addon.id.clone(),
        name: addon.name.clone(),
        products: offers.iter().map(|offer| offer.skus.base.clone()).collect(),
        attributes: vec![attribute(&addon.id, "true")],
        unit_billing_cycles: distinct(offers.iter().map(|offer| cycle(offer.commitment))),
        update_options: vec![UpdateOption::Name, UpdateOption::UnitBillingCycles],
        ..responses::Addon::default()
    }
}

const fn cycle(commitment: Commitment) -> UnitBillingCycle {
    match commitment {
        Commitment::Monthly | Commitment::AnnualBilledMonthly => UnitBillingCycle::Monthly,
        Commitment::Annual => UnitBillingCycle::Annually,
    }
}
