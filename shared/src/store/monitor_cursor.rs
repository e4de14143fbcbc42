//! Enrolled MSPs, whose organizations the monitor checks, and the position of an interrupted monitoring round.

use serde::{Deserialize, Serialize};

use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;
use crate::store::{Store, StoreError, to_item};

const MSPS: &str = "msps";
const ROUND: (&str, &str) = ("monitor", "round");

/// An MSP that signed in to the portal at least once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolledMsp {
    /// The MSP.
    pub msp: MspId,
    /// Fingerprint of the credentials of its last sign-in.
    pub credentials_id: Fingerprint,
}

/// Position of an interrupted monitoring round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorCursor {
    /// The current MSP. All MSPs before it are done.
    pub msp: MspId,
    /// Reference of the MSP's last account that is done. Empty if none is.
    pub account: String,
}

fn enrolled_msp(msp: MspId) -> (String, String) {
    (MSPS.to_owned(), msp.to_string())
}

impl Store {
    /// Writes an MSP and the credentials of its sign-in.
    pub async fn enroll(&self, record: &EnrolledMsp) -> Result<(), StoreError> {
        self.put(to_item(record, enrolled_msp(record.msp))?).await
    }

    /// Returns an MSP with one keyed read.
    pub async fn enrolled_msp(&self, msp: MspId) -> Result<Option<EnrolledMsp>, StoreError> {
        self.get(enrolled_msp(msp)).await
    }

    /// Returns all MSPs, ordered by id.
    pub async fn enrolled_msps(&self) -> Result<Vec<EnrolledMsp>, StoreError> {
        self.query_prefix(MSPS.to_owned(), "").await
    }

    /// Returns the position of an interrupted round. `None` if the last round was completed.
    pub async fn monitor_cursor(&self) -> Result<Option<MonitorCursor>, StoreError> {
        self.get((ROUND.0.to_owned(), ROUND.1)).await
    }

    /// Writes the position of an interrupted round.
    pub async fn save_monitor_cursor(&self, round: &MonitorCursor) -> Result<(), StoreError> {
        self.put(to_item(round, (ROUND.0.to_owned(), ROUND.1))?).await
    }

    /// Deletes the position, because the round is completed.
    pub async fn clear_monitor_cursor(&self) -> Result<(), StoreError> {
        self.delete((ROUND.0.to_owned(), ROUND.1)).await
    }
}
