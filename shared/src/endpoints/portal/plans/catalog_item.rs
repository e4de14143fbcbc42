//! A plan's item in the MSP's product catalog.

use crate::connectwise::api::catalog::{self, CatalogItem, Changes, NewCatalogItem};
use crate::connectwise::api::category;
use crate::connectwise::{Client, ConnectWiseError};
use crate::domain::error::ServiceError;
use crate::domain::ids::PlanId;
use crate::domain::plan::ProductType;
use crate::endpoints::portal::plans::NewPlan;
use crate::endpoints::portal::{Faults, PortalRequest};
use crate::store::PlanRecord;

/// The item of a plan that was offered before, by its number: a search may not see yet what was made a moment ago.
pub async fn on_record(
    portal: &PortalRequest<'_>,
    client: &Client<'_>,
    plan: &PlanId,
) -> Result<Option<CatalogItem>, ServiceError> {
    let Some(record) = portal.call.app.store.plan(portal.msp, plan).await? else { return Ok(None) };
    match client.one(&catalog::get(record.catalog_item)).await {
        Err(ConnectWiseError::Absent { .. }) => Ok(None),
        held => Ok(Some(held?)),
    }
}

/// Refuses categories and types that are not in use.
pub async fn check_place(client: &Client<'_>, new: &NewPlan) -> Result<(), ServiceError> {
    let mut faults = Faults::none();
    let subcategories = client.all(&category::subcategories()).await?;
    match subcategories.iter().find(|held| held.id == new.subcategory) {
        None => {
            faults.add("subcategory", "ConnectWise has no such subcategory in use. Choose one of settings/options.");
        }
        Some(held) if held.category.as_ref().is_some_and(|of| of.id != new.category) => {
            faults.add("subcategory", "The subcategory is another category's. Choose one of the category.");
        }
        Some(_) => {}
    }
    let types = client.all(&category::product_types()).await?;
    if !types.iter().any(|held| held.id == new.item_type) {
        faults.add("type", "ConnectWise has no such product type in use. Choose one of settings/options.");
    }
    faults.check()
}

/// What an item that was found has otherwise than wished.
pub fn changes(held: &CatalogItem, wished: &NewCatalogItem) -> Option<Changes> {
    let changes = Changes {
        description: (held.description != wished.description).then(|| wished.description.clone()),
        customer_description: held.customer_description.is_empty().then(|| wished.customer_description.clone()),
        subcategory: (held.subcategory.as_ref().map(|of| of.id) != Some(wished.subcategory))
            .then_some(wished.subcategory),
        product_type: (held.product_type.as_ref().map(|of| of.id) != Some(wished.product_type))
            .then_some(wished.product_type),
        price: wished.price.filter(|price| held.price != Some(*price)),
        cost: None,
        inactive: held.inactive_flag.then_some(false),
    };
    (changes != Changes::default()).then_some(changes)
}

/// What invoices say of a plan, unless the MSP has it otherwise.
pub fn described(name: &str, product_type: ProductType, periodicity: &str) -> String {
    let what = match product_type {
        ProductType::Backup => "backup of mailboxes, per seat",
        ProductType::Archive => "backup and archive of mailboxes, per seat",
        ProductType::Personal => "backup of mailboxes, by storage",
    };
    format!("{name}: {what}, billed {periodicity}")
}

/// What becomes otherwise in the catalog when a plan is changed. What invoices say goes with the name, unless somebody
/// changed it in ConnectWise.
pub fn changed(item: &CatalogItem, before: &PlanRecord, after: &PlanRecord) -> Changes {
    let described = |plan: &PlanRecord| described(&plan.name, plan.product_type, &plan.periodicity);
    let renamed = before.name != after.name;
    Changes {
        description: renamed.then(|| after.name.clone()),
        customer_description: (renamed && item.customer_description == described(before)).then(|| described(after)),
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
    fn an_item_that_is_as_wished_is_left_alone() {
        let wished = NewCatalogItem {
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
        assert_eq!(changes(&item(&json!({})), &wished), None);
        let changed = changes(&item(&json!({"inactiveFlag": true, "price": 2})), &wished).unwrap();
        assert_eq!((changed.inactive, changed.price), (Some(false), Some(Decimal::ONE)));
    }
}
