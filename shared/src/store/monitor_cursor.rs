//! Position of an interrupted monitoring round.

use serde::{Deserialize, Serialize};

use crate::domain::msp::MspId;
use crate::store::{Store, StoreError, to_item};

const CURSOR: (&str, &str) = ("monitor", "round");

/// Position of an interrupted monitoring round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorCursor {
    /// The current MSP. All MSPs before it are done.
    pub msp: MspId,
    /// Reference of the MSP's last account that is done. Empty if none is.
    pub account: String,
}

impl Store {
    /// Returns the position of an interrupted round. `None` if the last round was completed.
    pub async fn monitor_cursor(&self) -> Result<Option<MonitorCursor>, StoreError> {
        self.get((CURSOR.0.to_owned(), CURSOR.1)).await
    }

    /// Writes the position of an interrupted round.
    pub async fn save_monitor_cursor(&self, cursor: &MonitorCursor) -> Result<(), StoreError> {
        self.put(to_item(cursor, (CURSOR.0.to_owned(), CURSOR.1))?).await
    }

    /// Deletes the position, because the round is completed.
    pub async fn clear_monitor_cursor(&self) -> Result<(), StoreError> {
        self.delete((CURSOR.0.to_owned(), CURSOR.1)).await
    }
}
