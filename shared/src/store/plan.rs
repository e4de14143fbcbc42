//! A vendor's plan that an MSP sells through its product catalog.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{AgreementLink, NewHistoryEntry, Store, StoreError, keys};
use crate::connectwise::{CatalogItemId, ProductTypeId, SubcategoryId};
use crate::domain::ids::PlanId;
use crate::domain::msp::MspId;
use crate::domain::plan::ProductType;
use crate::domain::trial::{TrialEnd, TrialPeriod};

const PREFIX: &str = "plan#";

/// A plan on sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRecord {
    /// The vendor's id of the plan.
    pub plan: PlanId,
    /// The MSP's name for the plan.
    pub name: String,
    /// The MSP's price of a seat.
    pub price: Decimal,
    /// ISO 4217 currency code.
    pub currency: String,
    /// Billing period, as the vendor names it.
    pub periodicity: String,
    /// The type of product.
    pub product_type: ProductType,
    /// `true` if new subscriptions to the plan are trials.
    pub trial: bool,
    /// The effect of the end of a trial of the plan; [`TrialEnd::Ask`] on records older than this attribute.
    #[serde(default)]
    pub trial_end: TrialEnd,
    /// Subcategory of the plan's catalog item.
    pub subcategory: SubcategoryId,
    /// Product type of the plan's catalog item.
    pub item_type: ProductTypeId,
    /// The plan's catalog item.
    pub catalog_item: CatalogItemId,
    /// `true` if the plan can be sold.
    pub active: bool,
}

impl PlanRecord {
    /// Returns the effect of the end of a trial that an MSP sold. `period` is its record. The MSP's choice is that of the plan;
    /// [`TrialEnd::Ask`] if the MSP does not have the plan any more, or if the subscription is not billed: the account has no
    /// link, or its customer has left. See [`TrialEnd::effect`] for a choice that was recorded at the end.
    pub fn trial_end(period: Option<&TrialPeriod>, plan: Option<&Self>, link: Option<&AgreementLink>) -> TrialEnd {
        let is_billed = link.is_some_and(|link| link.left_at.is_none());
        let chosen = plan.filter(|_| is_billed).map_or(TrialEnd::Ask, |plan| plan.trial_end);
        TrialEnd::effect(period, chosen)
    }
}

impl Store {
    /// Returns a plan of the MSP with one keyed read.
    pub async fn plan(&self, msp: MspId, plan: &PlanId) -> Result<Option<PlanRecord>, StoreError> {
        self.get((keys::msp(msp), format!("{PREFIX}{plan}"))).await
    }

    /// Returns all plans of the MSP.
    pub async fn plans(&self, msp: MspId) -> Result<Vec<PlanRecord>, StoreError> {
        self.query_prefix(keys::msp(msp), PREFIX).await
    }

    /// Returns at most `limit` plans of the MSP after `after`, ordered by id. Fewer than `limit` are the last ones.
    pub async fn listed_plans(
        &self,
        msp: MspId,
        after: Option<&PlanId>,
        limit: usize,
    ) -> Result<Vec<PlanRecord>, StoreError> {
        let after = after.map(|plan| format!("{PREFIX}{plan}"));
        self.query_page(keys::msp(msp), PREFIX, after.as_deref(), limit).await
    }

    /// Deletes a plan as it was read, with the entry about it. Returns `false` if it was changed meanwhile.
    pub async fn delete_plan(
        &self,
        msp: MspId,
        plan: &PlanRecord,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        let key = (keys::msp(msp), format!("{PREFIX}{}", plan.plan));
        self.replace_recorded(key, Some(plan), None, entry).await
    }

    /// Writes a plan in place of `before`, with the entry about it. Returns `false` if it was changed meanwhile.
    pub async fn save_plan(
        &self,
        msp: MspId,
        before: Option<&PlanRecord>,
        record: &PlanRecord,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        let key = (keys::msp(msp), format!("{PREFIX}{}", record.plan));
        self.replace_recorded(key, before, Some(record), entry).await
    }
}
