//! What `fields/get`, `accounts/syncoptions` and `service/definitions` answer, spelled exactly as the BSS's model library
//! spells it (`reference/bss.md`, "Types").
//!
//! A text that is not set is sent as null and a number as 0, as the library itself would: its numbers can't be null.
//! Where the library's type is a name whose values are not public, an unset one is left out.

/// Enums that travel as their number.
macro_rules! numbered {
    ($($name:ty),+) => {
        $(impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u8(*self as u8)
            }
        })+
    };
}
use numbered;

mod fields;
mod product_types;
mod products;

pub use fields::{
    CustomField, CustomFieldCollection, CustomFieldDataType, CustomFieldDefinition, CustomFieldKind, Field,
    FieldCollection, FieldDefinition, FieldKind, ValueDefinition,
};
pub use product_types::{
    AttributeDefinition, AttributeKind, AttributeUsage, AttributeValue, Derivative, ProductTypeCollection,
    ProductTypeDefinition, Scope, ServiceLink, Specified,
};
pub use products::{
    Addon, ChargeType, Price, Product, ProductAttribute, ProductsCollection, RelatedProduct, Relation,
    TrialDurationType, UnitBillingCycle, UnitPrice, UpdateOption,
};

#[cfg(test)]
mod tests;
