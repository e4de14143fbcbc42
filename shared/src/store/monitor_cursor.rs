//! Whose organizations the monitor has looked at: the list of MSPs, and where a round that was interrupted goes on.

use serde::{Deserialize, Serialize};

use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;
use crate::store::{Store, StoreError, to_item};

const MSPS: &str = "msps";
const ROUND: (&str, &str) = ("monitor", "round");

/// An MSP, and the settings that it last signed in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolledMsp {
    /// Which.
    pub msp: MspId,
    /// By which its settings are recalled.
    pub credentials_id: Fingerprint,
}

/// How far a round has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorCursor {
    /// The MSP that it is at; those before it are done.
    pub msp: MspId,
    /// The last of its accounts that is done, by its reference; empty if none is.
    pub account: String,
}

fn enrolled_msp(msp: MspId) -> (String, String) {
    (MSPS.to_owned(), msp.to_string())
}

impl Store {
    /// Keeps an MSP, with the settings that it signs in with.
    pub async fn enroll(&self, record: &EnrolledMsp) -> Result<(), StoreError> {
        self.put(to_item(record, enrolled_msp(record.msp))?).await
    }

    /// An MSP, one keyed read.
    pub async fn enrolled_msp(&self, msp: MspId) -> Result<Option<EnrolledMsp>, StoreError> {
        self.get(enrolled_msp(msp)).await
    }

    /// All MSPs, in the order of their ids.
    pub async fn enrolled_msps(&self) -> Result<Vec<EnrolledMsp>, StoreError> {
        self.query_prefix(MSPS.to_owned(), "").await
    }

    /// Where a round was interrupted; none if the last one was not.
    pub async fn monitor_cursor(&self) -> Result<Option<MonitorCursor>, StoreError> {
        self.get((ROUND.0.to_owned(), ROUND.1)).await
    }

    /// Keeps where a round is interrupted.
    pub async fn save_monitor_cursor(&self, round: &MonitorCursor) -> Result<(), StoreError> {
        self.put(to_item(round, (ROUND.0.to_owned(), ROUND.1))?).await
    }

    /// The round is whole.
    pub async fn clear_monitor_cursor(&self) -> Result<(), StoreError> {
        self.delete((ROUND.0.to_owned(), ROUND.1)).await
    }
}
