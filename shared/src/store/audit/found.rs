//! The additions of our products that a run has found in ConnectWise, in parts of bounded size.

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::connectwise::api::addition::Billing;
use crate::connectwise::{AdditionId, AgreementId, CatalogItemId, CompanyId};
use crate::domain::msp::MspId;
use crate::store::{READ_CONCURRENCY, Store, StoreError, keys, to_item};

/// Time for which the parts of a run are kept.
const RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An addition of one of our products that is open, or has not ended yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundAddition {
    /// The agreement.
    pub agreement: AgreementId,
    /// The company that the agreement bills; `None` if ConnectWise does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// The addition.
    pub addition: AdditionId,
    /// The product.
    pub product: CatalogItemId,
    /// The quantity.
    pub quantity: Decimal,
    /// Price of a unit; `None` if ConnectWise does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Decimal>,
    /// The billing mode.
    pub billing: Billing,
    /// The last billed day, of an addition that ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_date: Option<Date>,
}

impl FoundAddition {
    /// Returns `true` if the addition has no end.
    pub fn is_open(&self) -> bool {
        self.cancelled_date.is_none()
    }

    /// Returns `true` if the addition is billed.
    pub fn is_billable(&self) -> bool {
        self.billing == Billing::Billable
    }
}

/// A part of what a run has found.
#[derive(Debug, Serialize, Deserialize)]
struct Part {
    started_at: Timestamp,
    additions: Vec<FoundAddition>,
    /// Time of expiry, in seconds since the epoch (the table's TTL attribute).
    expires_at: i64,
}

fn key(msp: MspId, number: u32) -> (String, String) {
    (keys::msp(msp), format!("audit-part#{number:06}"))
}

impl Store {
    /// Writes part `number`, from 1, of what the run that began at `started_at` has found.
    pub async fn save_found_additions(
        &self,
        msp: MspId,
        started_at: Timestamp,
        number: u32,
        additions: &[FoundAddition],
    ) -> Result<(), StoreError> {
        let expires_at = started_at.saturating_add(RETENTION).map_or(i64::MAX, Timestamp::as_second);
        let part = Part { started_at, additions: additions.to_vec(), expires_at };
        self.put(to_item(&part, key(msp, number))?).await
    }

    /// Returns what the first `parts` parts of a run have.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if one of them is missing, or of another run.
    pub async fn found_additions(
        &self,
        msp: MspId,
        started_at: Timestamp,
        parts: u32,
    ) -> Result<Vec<FoundAddition>, StoreError> {
        let reads: Vec<_> = (1..=parts).map(|number| self.get::<Part>(key(msp, number)).boxed()).collect();
        let read: Vec<_> = stream::iter(reads).buffered(READ_CONCURRENCY).try_collect().await?;
        let mut additions = Vec::new();
        for part in read {
            let part = part.filter(|part| part.started_at == started_at);
            additions.extend(
                part.ok_or_else(|| StoreError::Unreadable("a part of an audit is missing".to_owned()))?.additions,
            );
        }
        Ok(additions)
    }
}
