//! Ids of ConnectWise records, and references between records.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(inline))]
        #[serde(transparent)]
        pub struct $name(u32);

        impl $name {
            /// Wraps an id that ConnectWise assigned.
            pub const fn new(id: u32) -> Self {
                Self(id)
            }

            /// Returns the number.
            pub const fn get(self) -> u32 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

ids! {
    /// A customer of the MSP.
    CompanyId,
    /// An agreement of a company.
    AgreementId,
    /// An addition of an agreement.
    AdditionId,
    /// An item of the product catalog.
    CatalogItemId,
    /// A category of the product catalog.
    CategoryId,
    /// A subcategory of the product catalog.
    SubcategoryId,
    /// A product type.
    ProductTypeId,
    /// A service board.
    BoardId,
    /// A status of a service board.
    StatusId,
    /// A type of a service board's tickets.
    TicketTypeId,
    /// A subtype of a service board's tickets.
    SubtypeId,
    /// An item of a service board's tickets.
    ItemId,
    /// A type, a subtype and an item of a service board that go together.
    AssociationId,
    /// A source of tickets.
    SourceId,
    /// A contact of a company.
    ContactId,
    /// A priority of tickets.
    PriorityId,
    /// A custom field.
    CustomFieldId,
    /// A configuration of a company.
    ConfigurationId,
    /// A configuration type.
    ConfigurationTypeId,
    /// A configuration status.
    ConfigurationStatusId,
    /// A service ticket.
    TicketId,
    /// A note of a ticket.
    NoteId,
    /// A custom menu entry.
    MenuEntryId,
    /// A location in the menu.
    MenuLocationId,
}

/// A reference to another record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Reference<I> {
    /// The record's id.
    pub id: I,
    /// The record's name, where references include it.
    #[serde(default)]
    pub name: Option<String>,
}

/// Returns a reference in request format: an object with the id.
pub(super) fn reference(id: impl Serialize) -> Value {
    json!({ "id": id })
}
