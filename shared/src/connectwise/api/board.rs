//! Service boards and their statuses.

use serde::Deserialize;

use crate::connectwise::query::Condition;
use crate::connectwise::{BoardId, Entity, ListRequest, StatusId};

/// A service board.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Board {
    /// The board's id.
    pub id: BoardId,
    /// The board's name.
    #[serde(default)]
    pub name: String,
    /// `true` if the board is for projects, not for service tickets.
    #[serde(default)]
    project_flag: bool,
}

/// A status of a service board.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The status's id.
    pub id: StatusId,
    /// The status's name.
    #[serde(default)]
    pub name: String,
    /// `true` if the status closes a ticket.
    #[serde(default)]
    pub closed_status: bool,
    /// `true` if new tickets have this status.
    #[serde(default)]
    pub default_flag: bool,
}

impl Entity for Board {
    const FIELDS: &'static str = "id,name,projectFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Entity for Status {
    const FIELDS: &'static str = "id,name,closedStatus,defaultFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Lists the active service boards, ordered by name. Project boards are excluded.
pub fn boards() -> ListRequest<Board> {
    ListRequest::all("boards", "/service/boards")
        .with_condition(Condition::flag("inactiveFlag", false))
        .filtered_by(|board: &Board| !board.project_flag)
        .ordered_by("name")
}

/// Lists the active statuses of a board, in the board's order.
pub fn statuses(board: BoardId) -> ListRequest<Status> {
    let list = ListRequest::all("board-statuses", format!("/service/boards/{board}/statuses"));
    list.with_condition(Condition::flag("inactive", false)).ordered_by("sortOrder")
}
