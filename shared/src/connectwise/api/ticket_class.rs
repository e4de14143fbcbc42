//! Subtypes and items of a service board's tickets, and the types that they go with.

use serde::Deserialize;

use crate::connectwise::query::Condition;
use crate::connectwise::{AssociationId, BoardId, Entity, ItemId, ListRequest, Reference, SubtypeId, TicketTypeId};

/// A subtype of a service board's tickets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Subtype {
    /// The subtype's id.
    pub id: SubtypeId,
    /// The subtype's name.
    #[serde(default)]
    pub name: String,
}

/// An item of a service board's tickets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Item {
    /// The item's id.
    pub id: ItemId,
    /// The item's name.
    #[serde(default)]
    pub name: String,
}

/// A type, a subtype and an item that go together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Association {
    id: AssociationId,
    /// The type.
    #[serde(default, rename = "type")]
    pub ticket_type: Option<Reference<TicketTypeId>>,
    /// The subtype. Without one, the row says nothing about subtypes.
    #[serde(default, rename = "subType")]
    pub subtype: Option<Reference<SubtypeId>>,
    /// The item. Without one, the row says nothing about items.
    #[serde(default)]
    pub item: Option<Reference<ItemId>>,
}

impl Association {
    /// Returns `true` if the row says that the subtype goes with the type.
    pub fn joins(&self, ticket_type: TicketTypeId, subtype: SubtypeId) -> bool {
        self.ticket_type.as_ref().is_some_and(|found| found.id == ticket_type)
            && self.subtype.as_ref().is_some_and(|found| found.id == subtype)
    }

    /// Returns `true` if the row names the item.
    pub fn has_item(&self, item: ItemId) -> bool {
        self.item.as_ref().is_some_and(|found| found.id == item)
    }
}

impl Entity for Subtype {
    const FIELDS: &'static str = "id,name";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Entity for Item {
    const FIELDS: &'static str = "id,name";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Entity for Association {
    const FIELDS: &'static str = "id,type,subType,item";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Lists the active subtypes of a board, ordered by name.
pub fn subtypes(board: BoardId) -> ListRequest<Subtype> {
    of_board("board-subtypes", board, "subtypes")
}

/// Lists the active items of a board, ordered by name.
pub fn items(board: BoardId) -> ListRequest<Item> {
    of_board("board-items", board, "items")
}

/// Lists the types, subtypes and items of a board that go together. Some of them may be inactive.
pub fn associations(board: BoardId) -> ListRequest<Association> {
    ListRequest::all("board-associations", format!("/service/boards/{board}/typeSubTypeItemAssociations"))
}

fn of_board<T: Entity>(name: &'static str, board: BoardId, list: &str) -> ListRequest<T> {
    let list = ListRequest::all(name, format!("/service/boards/{board}/{list}"));
    list.with_condition(Condition::flag("inactiveFlag", false)).ordered_by("name")
}
