//! The product catalog. An item's identifier is our key. ConnectWise accepts each identifier once.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::connectwise::api::addition::number;
use crate::connectwise::id::reference;
use crate::connectwise::patch::Patch;
use crate::connectwise::query::Condition;
use crate::connectwise::text::{eq_normalized, truncate};
use crate::domain::ids::PlanId;

use crate::connectwise::{
    CatalogItemId, Entity, FindOrCreate, ListRequest, Lookup, ProductTypeId, Reference, SingleRequest, SubcategoryId,
};

const PATH: &str = "/procurement/catalog";
const MAX_DESCRIPTION: usize = 60;
const MAX_CUSTOMER_DESCRIPTION: usize = 6000;

/// A catalog item.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogItem {
    /// The item's id.
    pub id: CatalogItemId,
    /// The product id that people see.
    #[serde(default)]
    pub identifier: String,
    /// The item's name.
    #[serde(default)]
    pub description: String,
    /// Text on invoices.
    #[serde(default)]
    pub customer_description: String,
    /// `true` if the item is inactive.
    #[serde(default)]
    pub inactive_flag: bool,
    /// The subcategory.
    #[serde(default)]
    pub subcategory: Option<Reference<SubcategoryId>>,
    /// The product type.
    #[serde(default, rename = "type")]
    pub product_type: Option<Reference<ProductTypeId>>,
    /// The price.
    #[serde(default)]
    pub price: Option<Decimal>,
    /// Cost for the MSP.
    #[serde(default)]
    pub cost: Option<Decimal>,
    /// `true` if the item is taxed.
    #[serde(default)]
    pub taxable_flag: Option<bool>,
}

/// Class of a product without stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ProductClass {
    /// Sold through agreements.
    Agreement,
    /// Sold as a service.
    Service,
    /// Sold in other ways.
    NonInventory,
}

/// A catalog item to create.
#[derive(Clone, Debug)]
pub struct NewCatalogItem {
    /// Our key. It is not truncated, so it must have at most 60 characters.
    pub identifier: String,
    /// The item's name, truncated to 60 characters.
    pub description: String,
    /// Text on invoices, truncated to 6,000 characters.
    pub customer_description: String,
    /// The subcategory. It determines the category.
    pub subcategory: SubcategoryId,
    /// The product type.
    pub product_type: ProductTypeId,
    /// The product class.
    pub product_class: ProductClass,
    /// The price.
    pub price: Option<Decimal>,
    /// Cost for the MSP.
    pub cost: Option<Decimal>,
}

/// Changes to a catalog item. A field that is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The item's name, truncated to 60 characters.
    pub description: Option<String>,
    /// Text on invoices, truncated to 6,000 characters.
    pub customer_description: Option<String>,
    /// The subcategory.
    pub subcategory: Option<SubcategoryId>,
    /// The product type.
    pub product_type: Option<ProductTypeId>,
    /// The price.
    pub price: Option<Decimal>,
    /// Cost for the MSP.
    pub cost: Option<Decimal>,
    /// `true` to deactivate the item.
    pub inactive: Option<bool>,
}

impl Entity for CatalogItem {
    const FIELDS: &'static str =
        "id,identifier,description,customerDescription,inactiveFlag,subcategory,type,price,cost,taxableFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Returns the identifier of a plan's catalog item: `{region}.{plan}`.
pub fn identifier(region: &str, plan: &PlanId) -> String {
    format!("{region}.{plan}")
}

/// Looks up the item with this identifier, active or inactive.
pub fn find(identifier: &str) -> Lookup<CatalogItem> {
    let list = |condition| ListRequest::all("find-catalog-item", PATH).with_condition(condition);
    let region = identifier.split_inclusive('.').next().unwrap_or(identifier);
    let key = identifier.to_owned();
    Lookup::new(
        format!("The product {identifier}"),
        list(Condition::text("identifier", identifier)),
        move |item: &CatalogItem| eq_normalized(&item.identifier, &key),
    )
    .or_among(list(Condition::begins_with("identifier", region)))
}

/// Lists the items of a region's plans, active and inactive.
pub fn list(region: &str) -> ListRequest<CatalogItem> {
    let condition = Condition::begins_with("identifier", &format!("{region}."));
    ListRequest::all("catalog-items", PATH).with_condition(condition)
}

/// Returns the plan of an item with this identifier; `None` if it is of another region, or no item of ours.
pub fn plan_of(region: &str, identifier: &str) -> Option<PlanId> {
    PlanId::parse(identifier.trim().strip_prefix(region)?.strip_prefix('.')?)
}

/// Gets a catalog item.
pub fn get(id: CatalogItemId) -> SingleRequest<CatalogItem> {
    SingleRequest::get("catalog-item", format!("{PATH}/{id}"))
}

/// Finds the item with this identifier, or creates it.
pub fn find_or_create(new: &NewCatalogItem) -> FindOrCreate<CatalogItem> {
    let body = json!({
        "identifier": new.identifier,
        "description": truncate(&new.description, MAX_DESCRIPTION),
        "customerDescription": truncate(&new.customer_description, MAX_CUSTOMER_DESCRIPTION),
        "subcategory": reference(new.subcategory),
        "type": reference(new.product_type),
        "productClass": new.product_class,
        "price": new.price.map(number),
        "cost": new.cost.map(number),
    });
    FindOrCreate {
        lookup: find(&new.identifier),
        create: SingleRequest::post("create-catalog-item", PATH.to_owned(), body),
    }
}

/// Changes a catalog item.
pub fn patch(id: CatalogItemId, changes: &Changes) -> SingleRequest<CatalogItem> {
    let patch = Patch::new()
        .replace("description", changes.description.as_deref().map(|text| truncate(text, MAX_DESCRIPTION)))
        .replace(
            "customerDescription",
            changes.customer_description.as_deref().map(|text| truncate(text, MAX_CUSTOMER_DESCRIPTION)),
        )
        .set_reference("subcategory", changes.subcategory)
        .set_reference("type", changes.product_type)
        .replace("price", changes.price.map(number))
        .replace("cost", changes.cost.map(number))
        .replace("inactiveFlag", changes.inactive);
    SingleRequest::patch("change-catalog-item", format!("{PATH}/{id}"), &patch)
}
