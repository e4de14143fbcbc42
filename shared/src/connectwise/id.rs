//! The numbers that ConnectWise gives its records, and how records refer to each other.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u32);

        impl $name {
            /// Takes the number that ConnectWise gave.
            pub const fn new(id: u32) -> Self {
                Self(id)
            }

            /// The number.
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
    /// A line of an agreement.
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
    /// A place in the menu.
    MenuLocationId,
}

/// A record as others refer to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Reference<I> {
    /// Its number.
    pub id: I,
    /// Its name, where references show one.
    #[serde(default)]
    pub name: Option<String>,
}

/// A reference as it is sent: whole, by number.
pub(super) fn reference(id: impl Serialize) -> Value {
    json!({ "id": id })
}
