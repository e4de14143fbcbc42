//! Plans that an MSP sells, and their items in the MSP's product catalog.
//!
//! This file has the logic of `portal/plans/…`: offering, changing, deactivating and listing plans, and the checks of names,
//! prices and choices. `catalog_item.rs` has the item in ConnectWise, whose identifier is `{region}.{plan}`, and `view.rs` the plan
//! in a response.
//!
//! The vendor's plan itself must exist: the vendor's API cannot create one (`docs/vendors/dropsuite.md`, "Gaps"). The record
//! here is the MSP's offer of it, with a name, a price and the catalog item.

mod catalog_item;
pub mod create;
pub mod deactivate;
pub mod list;
#[cfg(test)]
mod tests;
pub mod update;
mod view;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::connectwise::api::catalog::{self, NewCatalogItem, ProductClass};
use crate::connectwise::{CategoryId, ConnectWiseError, ProductTypeId, SubcategoryId};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::PlanId;
use crate::domain::plan::ProductType;
use crate::domain::trial::TrialEnd;
use crate::endpoints::portal::{FieldErrors, PortalRequest, RequiredMember, ensure_written};
use crate::store::PlanRecord;
use crate::vendor::OfferedPlan;

pub use view::Plan;

/// Longest name of a plan, in characters.
const MAX_NAME: usize = 16;

/// Highest price of a unit, in the plan's currency.
const MAX_PRICE: u32 = 1_000_000;

/// Text that is reported if the plan is missing.
const PLAN: RequiredMember = ("plan", "It is required: the id of a plan of portal/plans/list.");

/// Body of `portal/plans/create`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatePlan {
    /// The MSP's name of the plan, 1 to 16 characters.
    pub name: String,
    /// The product that the plan sells.
    pub product_type: ProductType,
    /// Price of a unit for the end customer.
    #[cfg_attr(feature = "openapi", schemars(with = "serde_json::Number"))]
    pub price: Decimal,
    /// Currency, ISO 4217.
    pub currency: String,
    /// Billing period, in the vendor's terms.
    pub periodicity: String,
    /// Category of the catalog item.
    pub category: CategoryId,
    /// Subcategory of the catalog item.
    pub subcategory: SubcategoryId,
    /// Product type of the catalog item.
    #[serde(rename = "type")]
    pub item_type: ProductTypeId,
    /// `true` if new subscriptions to the plan are trials. Existing ones stay as they are.
    #[serde(default)]
    pub trial: bool,
    /// Effect of the end of a trial of the plan; default: nothing until you convert or cancel it.
    #[serde(default)]
    pub trial_end: TrialEnd,
    /// The vendor's id of the plan. Required if several plans match the other members.
    #[serde(default)]
    pub plan: Option<String>,
}

impl CreatePlan {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 8] = [
        ("name", "It is required: your name of the plan, 1 to 16 characters."),
        ("productType", "It is required: backup, archive or personal."),
        ("price", "It is required: the price of a unit, a number."),
        ("currency", "It is required: the currency of the Dropsuite plan, such as EUR."),
        ("periodicity", "It is required: the billing period of the Dropsuite plan, such as monthly."),
        ("category", "It is required: the number of a category of settings/options."),
        ("subcategory", "It is required: the number of a subcategory of settings/options."),
        ("type", "It is required: the number of a product type of settings/options."),
    ];
}

/// Body of `portal/plans/update`. An absent member is left unchanged.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdatePlan {
    /// The vendor's id of the plan.
    pub plan: String,
    /// The MSP's name of the plan, 1 to 16 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// Price of a unit for the end customer.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<serde_json::Number>"))]
    pub price: Option<Decimal>,
    /// Effect of the end of a trial of the plan.
    #[serde(default)]
    pub trial_end: Option<TrialEnd>,
}

impl UpdatePlan {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] = [PLAN];
}

/// Body of `portal/plans/deactivate`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanRef {
    /// The vendor's id of the plan.
    pub plan: String,
}

impl PlanRef {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] = [PLAN];
}

/// Offers a plan. Creates its catalog item, or adopts the item that has its identifier.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] for invalid members, and the errors of the vendor and of ConnectWise.
pub async fn create(portal: &PortalRequest<'_>, new: CreatePlan) -> Result<Plan, ServiceError> {
    let connection = portal.connection().await?;
    let name = new.name.trim().to_owned();
    let mut errors = FieldErrors::new();
    check_name(&mut errors, &name);
    check_price(&mut errors, "price", new.price);
    errors.into_result()?;
    let offered = portal.call.app.vendor.offered_plans(&portal.call.vendor_context()).await?;
    let plan = choose(&offered, &new)?;
    portal.call.ids.record(|ids| ids.product = Some(plan.id.to_string()));
    let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
    catalog_item::check_category_and_type(&client, new.category, new.subcategory, new.item_type).await?;
    let region = portal.call.app.vendor.region_of(&portal.call.vendor_context())?;
    let desired = NewCatalogItem {
        identifier: catalog::identifier(&region, &plan.id),
        description: name.clone(),
        customer_description: catalog_item::default_description(&name, plan.product_type, &plan.periodicity),
        subcategory: new.subcategory,
        product_type: new.item_type,
        product_class: ProductClass::Service,
        price: Some(new.price),
        cost: None,
    };
    portal
        .with_msp_lock(Box::pin(async {
            let before = portal.call.app.store.plan(portal.msp, &plan.id).await?;
            let item = match catalog_item::recorded_item(portal, &client, &plan.id).await? {
                Some(item) => item,
                None => client.find_or_create(&catalog::find_or_create(&desired)).await?,
            };
            if let Some(changes) = catalog_item::changes(&item, &desired) {
                client.send(&catalog::patch(item.id, &changes)).await?;
            }
            let record = PlanRecord {
                plan: plan.id.clone(),
                name,
                price: new.price,
                currency: plan.currency.clone(),
                periodicity: plan.periodicity.clone(),
                product_type: plan.product_type,
                trial: new.trial,
                trial_end: new.trial_end,
                subcategory: new.subcategory,
                item_type: new.item_type,
                catalog_item: item.id,
                active: true,
            };
            save(portal, before.as_ref(), &record, &region).await?;
            Ok(Plan::of(record, &region))
        }))
        .await
}

/// Changes the name, the price or the end of trials of a plan. The catalog has the first two as well.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] for invalid members, [`ErrorCode::MissingAtVendor`] if the catalog item does not exist, and
/// the errors of ConnectWise.
pub async fn update(portal: &PortalRequest<'_>, change: UpdatePlan) -> Result<Plan, ServiceError> {
    let record = known(portal, &change.plan).await?;
    let name = change.name.map_or_else(|| record.name.clone(), |name| name.trim().to_owned());
    let price = change.price.unwrap_or(record.price);
    let mut errors = FieldErrors::new();
    check_name(&mut errors, &name);
    check_price(&mut errors, "price", price);
    errors.into_result()?;
    let trial_end = change.trial_end.unwrap_or(record.trial_end);
    let changed = PlanRecord { name, price, trial_end, ..record.clone() };
    save_changes(portal, &record, changed).await
}

/// Takes a plan off sale and makes its catalog item inactive. Existing subscriptions continue.
///
/// # Errors
/// As [`update()`].
pub async fn deactivate(portal: &PortalRequest<'_>, plan: &PlanRef) -> Result<Plan, ServiceError> {
    let record = known(portal, &plan.plan).await?;
    let changed = PlanRecord { active: false, ..record.clone() };
    save_changes(portal, &record, changed).await
}

/// Returns the MSP's plan with that id, active or not.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] if the MSP has no such plan.
pub async fn known(portal: &PortalRequest<'_>, plan: &str) -> Result<PlanRecord, ServiceError> {
    let unknown = || {
        FieldErrors::single(
            "plan",
            "You have no such plan. Choose one of portal/plans/list, or create it at portal/plans/create.",
        )
    };
    let id = PlanId::parse(plan).ok_or_else(unknown)?;
    portal.call.ids.record(|ids| ids.product = Some(id.to_string()));
    portal.call.app.store.plan(portal.msp, &id).await?.ok_or_else(unknown)
}

async fn save_changes(
    portal: &PortalRequest<'_>,
    before: &PlanRecord,
    after: PlanRecord,
) -> Result<Plan, ServiceError> {
    let region = portal.call.app.vendor.region_of(&portal.call.vendor_context())?;
    // The effect of the end of a trial is not in the catalog.
    if *before != (PlanRecord { trial_end: before.trial_end, ..after.clone() }) {
        let connection = portal.connection().await?;
        let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
        let missing_item = |error| match error {
            ConnectWiseError::NotFound { .. } => ServiceError::new(
                ErrorCode::MissingAtVendor,
                "The plan's catalog item no longer exists in ConnectWise. Create the plan again at portal/plans/create.",
            ),
            other => ServiceError::from(other),
        };
        let item = client.send(&catalog::get(before.catalog_item)).await.map_err(missing_item)?;
        let changes = catalog_item::changes_of_plan(&item, before, &after);
        client.send(&catalog::patch(item.id, &changes)).await.map_err(missing_item)?;
    }
    save(portal, Some(before), &after, &region).await?;
    Ok(Plan::of(after, &region))
}

/// Writes a plan in place of `before`, with the entry about it.
async fn save(
    portal: &PortalRequest<'_>,
    before: Option<&PlanRecord>,
    after: &PlanRecord,
    region: &str,
) -> Result<(), ServiceError> {
    if before == Some(after) {
        return Ok(());
    }
    let view = |record: &PlanRecord| Plan::of(record.clone(), region);
    let entry = portal.change(format!("plan {}", after.plan), before.map(view).as_ref(), Some(&view(after)));
    ensure_written(portal.call.app.store.save_plan(portal.msp, before, after, entry.as_ref()).await?)
}

fn check_name(errors: &mut FieldErrors, name: &str) {
    if name.is_empty() || name.chars().count() > MAX_NAME {
        errors.add("name", format!("It must have 1 to {MAX_NAME} characters, spaces included."));
    }
}

/// Checks the price of a unit: 0 to 1,000,000, with at most four decimal places. Adds an error of `field` otherwise.
pub fn check_price(errors: &mut FieldErrors, field: &'static str, price: Decimal) {
    if price.is_sign_negative() || price > Decimal::from(MAX_PRICE) || price.normalize().scale() > 4 {
        errors.add(field, format!("It must be a number from 0 to {MAX_PRICE}, with at most four decimal places."));
    }
}

/// Returns the vendor's plan that matches product type, currency and periodicity, and the id, if one is given.
fn choose<'o>(offered: &'o [OfferedPlan], new: &CreatePlan) -> Result<&'o OfferedPlan, ServiceError> {
    let matches = |plan: &&OfferedPlan| {
        plan.product_type == new.product_type
            && plan.currency.eq_ignore_ascii_case(new.currency.trim())
            && plan.periodicity.eq_ignore_ascii_case(new.periodicity.trim())
    };
    let named = new.plan.as_deref().map(str::trim).filter(|plan| !plan.is_empty());
    if let Some(named) = named {
        let plan = offered.iter().find(|plan| plan.id.as_str() == named);
        return plan.filter(matches).ok_or_else(|| {
            FieldErrors::single(
                "plan",
                "Dropsuite has no such plan of this product type, currency and periodicity. Choose one of settings/options.",
            )
        });
    }
    match offered.iter().filter(matches).collect::<Vec<_>>().as_slice() {
        [one] => Ok(one),
        [] => Err(FieldErrors::single(
            "productType",
            "Dropsuite has no plan of this product type, currency and periodicity. Create it in Dropsuite's portal first.",
        )),
        several => {
            let named: Vec<_> = several.iter().map(|plan| format!("{} ({})", plan.id, plan.name)).collect();
            Err(FieldErrors::single(
                "plan",
                format!("Several plans match: {}. Send the id of one of them.", named.join(", ")),
            ))
        }
    }
}
