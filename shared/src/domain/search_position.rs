//! The position of a search that one call could not finish.

use serde::{Deserialize, Serialize};

/// The position at which a search of a list continues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPosition {
    /// The next page, counted from 1.
    pub page: u32,
    /// The page before; `None` if the search has read none.
    pub read: Option<ReadPage>,
}

impl SearchPosition {
    /// The beginning of a list.
    pub const START: Self = Self { page: 1, read: None };
}

/// The page of a list that the next one is compared with: a server that ignores the number of the page repeats the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadPage {
    /// Id of its first row.
    pub first: String,
    /// `true` if it announced a further page.
    pub announces_next: bool,
}
