//! Responses of `fields/get`, `accounts/syncoptions` and `service/definitions`, with exactly the names of the BSS's
//! model library (`docs/vendors/bss.md`, "Types").
//!
//! An unset text is sent as null and an unset number as 0, as the library does: its numbers are not nullable. An unset
//! member whose enum values are not public is omitted.

/// Implements `Serialize` for enums that the BSS reads as numbers.
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
    AttributeDefinition, AttributeKind, AttributeUsage, AttributeValue, ProductTypeCollection, ProductTypeDefinition,
    Scope, ServiceLink, Specified,
};
pub use products::{
    Addon, ChargeType, Derivative, Price, Product, ProductAttribute, ProductsCollection, RelatedProduct, Relation,
    TrialDurationType, UnitBillingCycle, UnitPrice, UpdateOption,
};

#[cfg(test)]
mod tests;
