//! Pieces of what a vendor tells the BSS of itself that are the same for every vendor.

use crate::bss::responses::{
    CustomFieldDefinition, CustomFieldKind, ProductAttribute, UnitBillingCycle, ValueDefinition,
};

/// The sync option that says what an account is at the vendor.
pub fn role(sort_order: u32) -> CustomFieldDefinition {
    let value = |id: &str, sort_order: u32, name: &str| ValueDefinition {
        id: id.to_owned(),
        sort_order,
        name: name.to_owned(),
        is_default: id == "1",
        ..ValueDefinition::default()
    };
    CustomFieldDefinition {
        id: "role".to_owned(),
        sort_order,
        name: "Role".to_owned(),
        description: Some("User for a customer, Reseller for a reseller.".to_owned()),
        kind: CustomFieldKind::List,
        predefined_values: vec![value("1", 0, "User"), value("2", 1, "Reseller")],
        ..CustomFieldDefinition::default()
    }
}

/// A value of an attribute, which a refresh of the definitions brings up to date.
pub fn attribute(id: &str, value: &str) -> ProductAttribute {
    ProductAttribute { id: id.to_owned(), values: vec![value.to_owned()], update: true, ..ProductAttribute::default() }
}

/// Each of `cycles` once, in the order of their numbers.
pub fn distinct(cycles: impl Iterator<Item = UnitBillingCycle>) -> Vec<UnitBillingCycle> {
    let mut cycles: Vec<_> = cycles.collect();
    cycles.sort_by_key(|cycle| *cycle as u8);
    cycles.dedup();
    cycles
}
