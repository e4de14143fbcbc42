//! Items of the catalog.

use rust_decimal::Decimal;
use serde_json::json;
use service_manager::connectwise::api::catalog::{self, Changes, NewCatalogItem, ProductClass};
use service_manager::connectwise::{CatalogItemId, ProductTypeId, SubcategoryId};

use super::{Fixture, amount, refusal};

pub fn plan() -> NewCatalogItem {
    NewCatalogItem {
        identifier: "euwest.17".to_owned(),
        description: "Business Backup".to_owned(),
        customer_description: "Business Backup, per seat and month".to_owned(),
        subcategory: SubcategoryId::new(11),
        product_type: ProductTypeId::new(1),
        product_class: ProductClass::Agreement,
        price: Some(amount("1.50")),
        cost: Some(amount("0.5")),
    }
}

#[tokio::test]
async fn an_item_is_created_once_and_found_again() {
    let fixture = Fixture::start().await;
    let client = fixture.client();
    assert_eq!(client.find(&catalog::find("euwest.17")).await.unwrap(), None);
    let made = client.find_or_create(&catalog::find_or_create(&plan())).await.unwrap();
    assert_eq!(client.find_or_create(&catalog::find_or_create(&plan())).await.unwrap(), made);
    assert_eq!(client.find(&catalog::find("EUWEST.17")).await.unwrap().as_ref(), Some(&made));
    assert_eq!(client.send(&catalog::get(made.id)).await.unwrap(), made);
    assert_eq!((made.price, made.cost), (Some(amount("1.5")), Some(amount("0.5"))));
    assert_eq!(fixture.calls("POST", "/procurement/catalog"), 1);
    let body = fixture.proxy.body("POST /procurement/catalog");
    assert_eq!((&body["price"], &body["productClass"]), (&json!(1.5), &json!("Agreement")));
}

#[tokio::test]
async fn an_item_is_changed() {
    let fixture = Fixture::start().await;
    let made = fixture.client().find_or_create(&catalog::find_or_create(&plan())).await.unwrap();
    let changes = Changes {
        description: Some("Ä".repeat(61)),
        customer_description: Some("x".repeat(6001)),
        subcategory: Some(SubcategoryId::new(12)),
        product_type: Some(ProductTypeId::new(2)),
        price: Some(Decimal::TWO),
        cost: Some(Decimal::ONE),
        inactive: Some(true),
    };
    let patched = fixture.client().send(&catalog::patch(made.id, &changes)).await.unwrap();
    assert_eq!((patched.description, patched.customer_description.len()), ("Ä".repeat(60), 6000));
    assert_eq!((patched.price, patched.inactive_flag), (Some(amount("2")), true));
    assert_eq!(patched.subcategory.and_then(|subcategory| subcategory.name).as_deref(), Some("Licences"));
    assert_eq!(patched.product_type.and_then(|kind| kind.name).as_deref(), Some("Service"));
    let same = fixture.client().send(&catalog::patch(made.id, &Changes::default())).await.unwrap();
    assert!(same.inactive_flag);
}

#[tokio::test]
async fn long_texts_are_truncated_and_keys_are_not() {
    let fixture = Fixture::start().await;
    let long = NewCatalogItem { description: "é".repeat(90), customer_description: "x".repeat(7000), ..plan() };
    let made = fixture.client().find_or_create(&catalog::find_or_create(&long)).await.unwrap();
    assert_eq!(made.description.chars().count(), 60);
    let key = NewCatalogItem { subcategory: SubcategoryId::new(99), identifier: "euwest.18".to_owned(), ..plan() };
    let error = fixture.client().find_or_create(&catalog::find_or_create(&key)).await.unwrap_err();
    assert_eq!(refusal(&error), (400, vec!["NotFound subcategory/id".to_owned()]));
    assert!(error.user_message().ends_with("Choose another one."), "{}", error.user_message());
    assert!(fixture.client().send(&catalog::get(CatalogItemId::new(9999))).await.is_err());
}

#[tokio::test]
async fn a_key_with_special_characters_is_matched_literally() {
    let fixture = Fixture::start().await;
    for identifier in [r#"a"b"#, r"a\b", "a' or 1=1 or name='", "a*b", "50%", "a & b + c", "[x]"] {
        let new = NewCatalogItem { identifier: identifier.to_owned(), ..plan() };
        let made = fixture.client().find_or_create(&catalog::find_or_create(&new)).await.unwrap();
        assert_eq!(made.identifier, identifier);
        assert_eq!(
            fixture.client().find_or_create(&catalog::find_or_create(&new)).await.unwrap().id,
            made.id,
            "{identifier}"
        );
    }
}
