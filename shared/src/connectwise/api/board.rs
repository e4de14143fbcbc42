//! Service boards, and the statuses that their tickets can have.

use serde::Deserialize;

use crate::connectwise::query::Conditions;
use crate::connectwise::{BoardId, List, Record, StatusId};

/// A board.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Board {
    /// Its number.
    pub id: BoardId,
    /// Its name.
    #[serde(default)]
    pub name: String,
}

/// A status of a board.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Its number.
    pub id: StatusId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Whether it closes a ticket.
    #[serde(default)]
    pub closed_status: bool,
    /// Whether new tickets have it.
    #[serde(default)]
    pub default_flag: bool,
}

impl Record for Board {
    const FIELDS: &'static str = "id,name";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Record for Status {
    const FIELDS: &'static str = "id,name,closedStatus,defaultFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// The boards in use that are not for projects, by name.
pub fn boards() -> List<Board> {
    let conditions = Conditions::new().flag("inactiveFlag", false).flag("projectFlag", false);
    List::all("boards", "/service/boards").only(conditions).by("name")
}

/// The statuses in use of a board, in its order.
pub fn statuses(board: BoardId) -> List<Status> {
    let list = List::all("board-statuses", format!("/service/boards/{board}/statuses"));
    list.only(Conditions::new().flag("inactive", false)).by("sortOrder")
}
