//! Tests of the choice of a plan, and of the bounds of its name and price.

use serde_json::{Value, json};

use super::*;

fn offered(id: &str, product_type: ProductType) -> OfferedPlan {
    OfferedPlan {
        id: PlanId::parse(id).unwrap(),
        name: id.to_owned(),
        product_type,
        price: None,
        currency: "USD".to_owned(),
        periodicity: "monthly".to_owned(),
    }
}

fn request(more: &Value) -> CreatePlan {
    let mut body = json!({
        "name": "Backup", "productType": "backup", "price": 1, "currency": "usd", "periodicity": "Monthly",
        "category": 1, "subcategory": 11, "type": 1,
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(body).unwrap()
}

#[test]
fn a_request_matches_one_plan_or_names_the_candidates() {
    let plans =
        [offered("b1", ProductType::Backup), offered("b2", ProductType::Backup), offered("a", ProductType::Archive)];
    let error = |new: CreatePlan| choose(&plans, &new).unwrap_err().fields()[0].clone();
    assert_eq!(choose(&plans, &request(&json!({"productType": "archive"}))).unwrap().id.as_str(), "a");
    assert_eq!(choose(&plans, &request(&json!({"plan": "b2"}))).unwrap().id.as_str(), "b2");
    let (field, text) = error(request(&json!({})));
    assert!(field == "plan" && text.contains("b1 (b1), b2 (b2)"), "{text}");
    assert_eq!(error(request(&json!({"plan": "a"}))).0, "plan");
    assert_eq!(error(request(&json!({"currency": "EUR"}))).0, "productType");
}

#[test]
fn name_and_price_have_bounds() {
    let is_invalid = |name: &str, price: &str| {
        let mut errors = FieldErrors::new();
        check_name(&mut errors, name);
        check_price(&mut errors, "price", price.parse().unwrap());
        errors.into_result().is_err()
    };
    assert!(!is_invalid("sixteen letters.", "0"));
    assert!(is_invalid("seventeen letters", "0"));
    assert!(is_invalid("", "1"));
    for price in ["-0.01", "1000000.01", "0.00001"] {
        assert!(is_invalid("x", price), "{price}");
    }
}
