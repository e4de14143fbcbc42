//! A plan's item in the MSP's ConnectWise product catalog.

use crate::connectwise::api::catalog::{self, CatalogItem, Changes, NewCatalogItem};
use crate::connectwise::api::category;
use crate::connectwise::{CategoryId, Client, ProductTypeId, SubcategoryId};
use crate::domain::error::ServiceError;
use crate::domain::ids::PlanId;
use crate::domain::plan::ProductType;
use crate::endpoints::portal::{FieldErrors, PortalRequest};
use crate::store::PlanRecord;

/// Returns the catalog item of a plan that was offered before. It is read by its number, because a search may not find an item
/// that was just created.
pub async fn recorded_item(
    portal: &PortalRequest<'_>,
    client: &Client<'_>,
    plan: &PlanId,
) -> Result<Option<CatalogItem>, ServiceError> {
    let Some(record) = portal.call.app.store.plan(portal.msp, plan).await? else { return Ok(None) };
    Ok(client.send_optional(&catalog::get(record.catalog_item)).await?)
}

/// Checks that subcategory and product type are active, and that the subcategory belongs to the category.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid), and the errors of ConnectWise.
pub async fn check_category_and_type(
    client: &Client<'_>,
    category: CategoryId,
    subcategory: SubcategoryId,
    item_type: ProductTypeId,
) -> Result<(), ServiceError> {
    let mut errors = FieldErrors::new();
    let subcategories = client.list_all(&category::subcategories()).await?;
    match subcategories.iter().find(|found| found.id == subcategory) {
        None => {
            errors.add("subcategory", "ConnectWise has no such active subcategory. Choose one of settings/options.");
        }
        Some(found) if found.category.as_ref().is_some_and(|parent| parent.id != category) => {
            errors.add(
                "subcategory",
                "The subcategory belongs to another category. Choose one of this category in settings/options.",
            );
        }
        Some(_) => {}
    }
    let types = client.list_all(&category::product_types()).await?;
    if !types.iter().any(|found| found.id == item_type) {
        errors.add("type", "ConnectWise has no such active product type. Choose one of settings/options.");
    }
    errors.into_result()
}

/// Returns the changes that bring an existing item to the desired state, or `None` if it is in the desired state. A customer
/// description that the MSP wrote is kept.
pub fn changes(item: &CatalogItem, desired: &NewCatalogItem) -> Option<Changes> {
    let changes = Changes {
        description: (item.description != desired.description).then(|| desired.description.clone()),
        customer_description: item.customer_description.is_empty().then(|| desired.customer_description.clone()),
        subcategory: (item.subcategory.as_ref().map(|found| found.id) != Some(desired.subcategory))
            .then_some(desired.subcategory),
        product_type: (item.product_type.as_ref().map(|found| found.id) != Some(desired.product_type))
            .then_some(desired.product_type),
        price: desired.price.filter(|price| item.price != Some(*price)),
        cost: None,
        inactive: item.inactive_flag.then_some(false),
    };
    (changes != Changes::default()).then_some(changes)
}

/// Returns the default customer description of a plan, which ConnectWise prints on invoices.
pub fn default_description(name: &str, product_type: ProductType, periodicity: &str) -> String {
    let unit = match product_type {
        ProductType::Backup => "backup of mailboxes, per seat",
        ProductType::Archive => "backup and archive of mailboxes, per seat",
        ProductType::Personal => "backup of mailboxes, by storage",
    };
    format!("{name}: {unit}, billed {periodicity}")
}

/// Returns the changes to the catalog item that follow from a change of its plan. The customer description follows the plan's
/// name, unless it was edited in ConnectWise.
pub fn changes_of_plan(item: &CatalogItem, before: &PlanRecord, after: &PlanRecord) -> Changes {
    let text = |plan: &PlanRecord| default_description(&plan.name, plan.product_type, &plan.periodicity);
    let renamed = before.name != after.name;
    Changes {
        description: renamed.then(|| after.name.clone()),
        customer_description: (renamed && item.customer_description == text(before)).then(|| text(after)),
        price: (before.price != after.price).then_some(after.price),
        inactive: (before.active && !after.active).then_some(true),
        ..Changes::default()
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use serde_json::{Value, json};

    use super::*;
    use crate::connectwise::api::catalog::ProductClass;
    use crate::connectwise::{ProductTypeId, SubcategoryId};

    #[test]
    fn an_item_in_the_desired_state_is_unchanged() {
        let desired = NewCatalogItem {
            identifier: "euwest.1".to_owned(),
            description: "Backup".to_owned(),
            customer_description: "Backup".to_owned(),
            subcategory: SubcategoryId::new(11),
            product_type: ProductTypeId::new(1),
            product_class: ProductClass::Service,
            price: Some(Decimal::ONE),
            cost: None,
        };
        let item = |more: &Value| -> CatalogItem {
            let mut row = json!({
                "id": 7, "identifier": "euwest.1", "description": "Backup", "customerDescription": "As the MSP has it",
                "subcategory": {"id": 11}, "type": {"id": 1}, "price": 1.0,
            });
            row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            serde_json::from_value(row).unwrap()
        };
        assert_eq!(changes(&item(&json!({})), &desired), None);
        let changed = changes(&item(&json!({"inactiveFlag": true, "price": 2})), &desired).unwrap();
        assert_eq!((changed.inactive, changed.price), (Some(false), Some(Decimal::ONE)));
    }
}
