//! The product catalog. An item's identifier is our key, and ConnectWise takes each once.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::connectwise::api::addition::number;
use crate::connectwise::id::reference;
use crate::connectwise::patch::Patch;
use crate::connectwise::query::Conditions;
use crate::connectwise::text::{cut, is_same};
use crate::domain::ids::PlanId;

use crate::connectwise::{CatalogItemId, List, One, ProductTypeId, Record, Reference, Search, SubcategoryId, Wanted};

const PATH: &str = "/procurement/catalog";
const MAX_DESCRIPTION: usize = 60;
const MAX_CUSTOMER_DESCRIPTION: usize = 6000;

/// An item.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogItem {
    /// Its number.
    pub id: CatalogItemId,
    /// The product id that people see.
    #[serde(default)]
    pub identifier: String,
    /// Its name.
    #[serde(default)]
    pub description: String,
    /// What invoices say.
    #[serde(default)]
    pub customer_description: String,
    /// Whether it is out of use.
    #[serde(default)]
    pub inactive_flag: bool,
    /// Where it is filed.
    #[serde(default)]
    pub subcategory: Option<Reference<SubcategoryId>>,
    /// Its type.
    #[serde(default, rename = "type")]
    pub product_type: Option<Reference<ProductTypeId>>,
    /// What it is sold for.
    #[serde(default)]
    pub price: Option<Decimal>,
    /// What it costs the MSP.
    #[serde(default)]
    pub cost: Option<Decimal>,
    /// Whether it is taxed.
    #[serde(default)]
    pub taxable_flag: Option<bool>,
}

/// What kind of product an item is: those that have no stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ProductClass {
    /// Sold by agreements.
    Agreement,
    /// Sold as a service.
    Service,
    /// Sold otherwise.
    NonInventory,
}

/// An item to be made.
#[derive(Clone, Debug)]
pub struct NewCatalogItem {
    /// Our key; not cut, so 60 characters at most.
    pub identifier: String,
    /// Its name; cut at 60 characters.
    pub description: String,
    /// What invoices say; cut at 6,000 characters.
    pub customer_description: String,
    /// Where it is filed; the category follows.
    pub subcategory: SubcategoryId,
    /// Its type.
    pub product_type: ProductTypeId,
    /// What kind of product it is.
    pub product_class: ProductClass,
    /// What it is sold for.
    pub price: Option<Decimal>,
    /// What it costs the MSP.
    pub cost: Option<Decimal>,
}

/// What is to be changed; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Its name; cut at 60 characters.
    pub description: Option<String>,
    /// What invoices say; cut at 6,000 characters.
    pub customer_description: Option<String>,
    /// Where it is filed.
    pub subcategory: Option<SubcategoryId>,
    /// Its type.
    pub product_type: Option<ProductTypeId>,
    /// What it is sold for.
    pub price: Option<Decimal>,
    /// What it costs the MSP.
    pub cost: Option<Decimal>,
    /// Whether it is out of use.
    pub inactive: Option<bool>,
}

impl Record for CatalogItem {
    const FIELDS: &'static str =
        "id,identifier,description,customerDescription,inactiveFlag,subcategory,type,price,cost,taxableFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// The identifier of a plan's item: `{region}.{plan}`.
pub fn identifier(region: &str, plan: &PlanId) -> String {
    format!("{region}.{plan}")
}

/// The item with this identifier, in use or not.
pub fn find(identifier: &str) -> Search<CatalogItem> {
    let conditions = Conditions::new().text("identifier", identifier);
    let key = identifier.to_owned();
    Search::new(
        format!("The product {identifier}"),
        List::all("find-catalog-item", PATH).only(conditions),
        move |item: &CatalogItem| is_same(&item.identifier, &key),
    )
}

/// One item.
pub fn get(id: CatalogItemId) -> One<CatalogItem> {
    One::get("catalog-item", format!("{PATH}/{id}"))
}

/// An item, made unless its identifier is there.
pub fn wanted(new: &NewCatalogItem) -> Wanted<CatalogItem> {
    let body = json!({
        "identifier": new.identifier,
        "description": cut(&new.description, MAX_DESCRIPTION),
        "customerDescription": cut(&new.customer_description, MAX_CUSTOMER_DESCRIPTION),
        "subcategory": reference(new.subcategory),
        "type": reference(new.product_type),
        "productClass": new.product_class,
        "price": new.price.map(number),
        "cost": new.cost.map(number),
    });
    Wanted { search: find(&new.identifier), create: One::post("create-catalog-item", PATH.to_owned(), body) }
}

/// Changes an item.
pub fn patch(id: CatalogItemId, changes: &Changes) -> One<CatalogItem> {
    let patch = Patch::new()
        .replace("description", changes.description.as_deref().map(|text| cut(text, MAX_DESCRIPTION)))
        .replace(
            "customerDescription",
            changes.customer_description.as_deref().map(|text| cut(text, MAX_CUSTOMER_DESCRIPTION)),
        )
        .refer("subcategory", changes.subcategory)
        .refer("type", changes.product_type)
        .replace("price", changes.price.map(number))
        .replace("cost", changes.cost.map(number))
        .replace("inactiveFlag", changes.inactive);
    One::patch("change-catalog-item", format!("{PATH}/{id}"), &patch)
}
