//! The position in a vendor's list at which another call continues.

use serde::{Deserialize, Serialize};

use crate::domain::fingerprint::Fingerprint;

/// A position in a vendor's list that is read page by page. Its serialized form contains nothing of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPosition {
    /// The next page, counted from 1.
    pub page: u32,
    /// The page before; `None` if none has been read.
    pub read: Option<ReadPage>,
}

impl ListPosition {
    /// The beginning of a list.
    pub const START: Self = Self { page: 1, read: None };

    /// Returns `true` if a page was read before this position, as in every position that a caller is given.
    pub fn is_within_list(&self) -> bool {
        self.page > 1 && self.read.is_some()
    }
}

/// The page of a list that the next one is compared with: a server that ignores the number of the page repeats the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadPage {
    /// Fingerprint of its first row's id.
    pub first: Fingerprint,
    /// `true` if it announced a further page.
    pub announces_next: bool,
}
