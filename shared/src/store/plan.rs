//! A plan of the vendor that an MSP sells by its product catalog.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Store, StoreError, keys, to_item};
use crate::connectwise::{CatalogItemId, ProductTypeId, SubcategoryId};
use crate::domain::ids::PlanId;
use crate::domain::msp::MspId;
use crate::domain::plan::ProductType;

const PREFIX: &str = "plan#";

/// A plan on sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRecord {
    /// The vendor's id of it.
    pub plan: PlanId,
    /// What the MSP calls it.
    pub name: String,
    /// What the MSP sells a seat of it for.
    pub price: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// How often it is billed, in the vendor's words.
    pub periodicity: String,
    /// What it sells.
    pub product_type: ProductType,
    /// Whether what is sold on it is a trial.
    pub trial: bool,
    /// Where its product is filed.
    pub subcategory: SubcategoryId,
    /// Its product's type.
    pub item_type: ProductTypeId,
    /// Its product.
    pub catalog_item: CatalogItemId,
    /// Whether it is still sold.
    pub active: bool,
}

impl Store {
    /// A plan of the MSP, one keyed read.
    pub async fn plan(&self, msp: MspId, plan: &PlanId) -> Result<Option<PlanRecord>, StoreError> {
        self.get((keys::msp(msp), format!("{PREFIX}{plan}"))).await
    }

    /// All plans of the MSP.
    pub async fn plans(&self, msp: MspId) -> Result<Vec<PlanRecord>, StoreError> {
        self.query_prefix(keys::msp(msp), PREFIX).await
    }

    /// Keeps a plan.
    pub async fn save_plan(&self, msp: MspId, record: &PlanRecord) -> Result<(), StoreError> {
        self.put(to_item(record, (keys::msp(msp), format!("{PREFIX}{}", record.plan)))?).await
    }
}
