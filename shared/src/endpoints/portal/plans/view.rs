//! A plan in the responses of `portal/plans/…`.

use serde::Serialize;
use serde_json::Value;

use crate::connectwise::api::addition::number;
use crate::connectwise::api::catalog;
use crate::connectwise::{CatalogItemId, ProductTypeId, SubcategoryId};
use crate::domain::ids::PlanId;
use crate::domain::plan::ProductType;
use crate::domain::trial::TrialEnd;
use crate::store::PlanRecord;

/// A plan in a response.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    #[serde(rename = "plan")]
    id: PlanId,
    name: String,
    product_type: ProductType,
    #[cfg_attr(feature = "openapi", schemars(with = "serde_json::Number"))]
    price: Value,
    currency: String,
    periodicity: String,
    trial: bool,
    trial_end: TrialEnd,
    subcategory: SubcategoryId,
    #[serde(rename = "type")]
    item_type: ProductTypeId,
    catalog_item: Item,
    active: bool,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "PlanCatalogItem"))]
struct Item {
    id: CatalogItemId,
    identifier: String,
}

impl Plan {
    /// Converts a record for a response.
    pub fn of(record: PlanRecord, region: &str) -> Self {
        let identifier = catalog::identifier(region, &record.plan);
        Self {
            catalog_item: Item { id: record.catalog_item, identifier },
            id: record.plan,
            name: record.name,
            product_type: record.product_type,
            price: number(record.price),
            currency: record.currency,
            periodicity: record.periodicity,
            trial: record.trial,
            trial_end: record.trial_end,
            subcategory: record.subcategory,
            item_type: record.item_type,
            active: record.active,
        }
    }
}
