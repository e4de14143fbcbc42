//! Parts of the definitions for the BSS that are the same for every vendor.

use crate::bss::responses::{
    CustomFieldDefinition, CustomFieldKind, ProductAttribute, UnitBillingCycle, ValueDefinition,
};

/// Returns the sync option `role`, which selects the kind of account at the vendor.
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
        description: Some("User for a customer, Reseller for a reseller, which has customers. It cannot be changed after the first synchronization.".to_owned()),
        kind: CustomFieldKind::List,
        predefined_values: vec![value("1", 0, "User"), value("2", 1, "Reseller")],
        ..CustomFieldDefinition::default()
    }
}

/// Returns an attribute with one value. A refresh of the definitions in the BSS updates the value.
pub fn attribute(id: &str, value: &str) -> ProductAttribute {
    ProductAttribute { id: id.to_owned(), values: vec![value.to_owned()], update: true, ..ProductAttribute::default() }
}

/// Returns each of `cycles` once, in the order of their numbers.
pub fn distinct(cycles: impl Iterator<Item = UnitBillingCycle>) -> Vec<UnitBillingCycle> {
    let mut cycles: Vec<_> = cycles.collect();
    cycles.sort_by_key(|cycle| *cycle as u8);
    cycles.dedup();
    cycles
}
