//! Whose organizations the monitor has looked at: the list of MSPs, and where a round that was interrupted goes on.

use serde::{Deserialize, Serialize};

use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;
use crate::store::{Store, StoreError, to_item};

const MSPS: &str = "msps";
const ROUND: (&str, &str) = ("monitor", "round");

/// An MSP, and the settings that it last signed in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Which.
    pub msp: MspId,
    /// By which its settings are recalled.
    pub partner: Fingerprint,
}

/// How far a round has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// The MSP that it is at; those before it are done.
    pub msp: MspId,
    /// The last of its accounts that is done, by its reference; empty if none is.
    pub account: String,
}

fn member(msp: MspId) -> (String, String) {
    (MSPS.to_owned(), msp.to_string())
}

impl Store {
    /// Keeps an MSP, with the settings that it signs in with.
    pub async fn enroll(&self, record: &Member) -> Result<(), StoreError> {
        self.put(to_item(record, member(record.msp))?).await
    }

    /// An MSP, one keyed read.
    pub async fn member(&self, msp: MspId) -> Result<Option<Member>, StoreError> {
        self.read(member(msp)).await
    }

    /// All MSPs, in the order of their ids.
    pub async fn members(&self) -> Result<Vec<Member>, StoreError> {
        self.below(MSPS.to_owned(), "").await
    }

    /// Where a round was interrupted; none if the last one was not.
    pub async fn round(&self) -> Result<Option<Round>, StoreError> {
        self.read((ROUND.0.to_owned(), ROUND.1)).await
    }

    /// Keeps where a round is interrupted.
    pub async fn save_round(&self, round: &Round) -> Result<(), StoreError> {
        self.put(to_item(round, (ROUND.0.to_owned(), ROUND.1))?).await
    }

    /// The round is whole.
    pub async fn end_round(&self) -> Result<(), StoreError> {
        self.delete((ROUND.0.to_owned(), ROUND.1)).await
    }
}
