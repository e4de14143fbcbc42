//! `POST portal/plans/create`

use futures::future::join;
use reqwest::Method;
use sandbox::connectwise::Settings;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{BACKUP, PERSONAL, VAULT};
use crate::portal::msp::bodies::plan;
use crate::portal::msp::{CREATE_PLAN, Msp, NOTHING};

#[tokio::test]
async fn creates_a_catalog_item() {
    let msp = Msp::set_up().await;
    let made = msp.done(CREATE_PLAN, &plan(json!({}))).await;
    let item = msp.products().remove(0);
    let expected = json!({
        "plan": BACKUP, "name": "Business Backup", "productType": "backup", "price": 3.5, "currency": "EUR",
        "periodicity": "monthly", "trial": false, "trialEnd": "ask", "subcategory": 11, "type": 1,
        "catalogItem": {"id": item["id"], "identifier": format!("euwest.{BACKUP}")}, "active": true,
    });
    assert_eq!(made, expected);
    assert_eq!(item["identifier"], format!("euwest.{BACKUP}"));
    assert_eq!((&item["description"], &item["price"]), (&json!("Business Backup"), &json!(3.5)));
    assert_eq!((&item["productClass"], &item["inactiveFlag"]), (&json!("Service"), &json!(false)));
    assert_eq!((&item["category"]["id"], &item["subcategory"]["id"]), (&json!(1), &json!(11)));
    assert_eq!(item["type"]["id"], 1);
    assert_eq!(msp.products().len(), 1);
}

#[tokio::test]
async fn needs_connectwise() {
    let msp = Msp::signed_in().await;
    msp.refused(ErrorCode::ConnectWiseNotConfigured, CREATE_PLAN, &plan(json!({}))).await;
}

#[tokio::test]
async fn all_missing_members_are_named_at_once() {
    let msp = Msp::set_up().await;
    let required = ["name", "productType", "price", "currency", "periodicity", "category", "subcategory", "type"];
    msp.invalid_fields(&required, CREATE_PLAN, &json!({})).await;
    msp.invalid_fields(&["price", "type"], CREATE_PLAN, &plan(json!({"price": null, "type": null}))).await;
    let message = msp.refused(ErrorCode::BadRequest, CREATE_PLAN, &json!({"Name": "Basic"})).await;
    assert!(message.contains("Name"), "{message}");
    assert_eq!(msp.products(), NOTHING);
}

#[tokio::test]
async fn a_name_has_one_to_sixteen_characters() {
    let msp = Msp::set_up().await;
    for name in ["seventeen letters", "", "   ", "ääääääääääääääääß"] {
        msp.invalid_fields(&["name"], CREATE_PLAN, &plan(json!({"name": name}))).await;
    }
    for name in ["sixteen letters.", "  ääääääääääääääää  "] {
        let made = msp.done(CREATE_PLAN, &plan(json!({"name": name}))).await;
        assert_eq!(made["name"], name.trim());
        assert_eq!(msp.products()[0]["description"], name.trim());
    }
}

#[tokio::test]
async fn a_price_is_an_amount() {
    let msp = Msp::set_up().await;
    for price in [json!(-1), json!(1_000_000.5), json!(0.00001)] {
        msp.invalid_fields(&["price"], CREATE_PLAN, &plan(json!({"price": price}))).await;
    }
    msp.invalid_fields(&["name", "price"], CREATE_PLAN, &plan(json!({"name": "", "price": -1}))).await;
    for price in [json!(0), json!("2.75"), json!(0.0001)] {
        msp.done(CREATE_PLAN, &plan(json!({"price": price}))).await;
    }
    assert_eq!(msp.products()[0]["price"], 0.0001);
}

#[tokio::test]
async fn the_vendors_plan_is_found_or_required() {
    let msp = Msp::set_up().await;
    let personal = json!({"name": "Basic", "productType": "personal", "price": 2});
    let message = msp.invalid_fields(&["plan"], CREATE_PLAN, &plan(personal.clone())).await;
    assert!(message.contains(PERSONAL) && message.contains("Personal 5 GB EUR monthly"), "{message}");
    msp.invalid_fields(&["productType"], CREATE_PLAN, &plan(json!({"currency": "GBP"}))).await;
    msp.invalid_fields(&["productType"], CREATE_PLAN, &plan(json!({"periodicity": "weekly"}))).await;
    for unfit in [PERSONAL, VAULT, "no-such-plan"] {
        msp.invalid_fields(&["plan"], CREATE_PLAN, &plan(json!({"plan": unfit}))).await;
    }
    let message = msp.refused(ErrorCode::BadRequest, CREATE_PLAN, &plan(json!({"productType": "vault"}))).await;
    assert!(message.contains("productType"), "{message}");
    assert_eq!(msp.products(), NOTHING);
    let made = msp.done(CREATE_PLAN, &plan(crate::client::merged(personal, json!({"plan": PERSONAL})))).await;
    assert_eq!(made["plan"], PERSONAL);
    let made = msp.done(CREATE_PLAN, &plan(json!({"currency": "usd", "periodicity": "Yearly"}))).await;
    assert_eq!((&made["currency"], &made["periodicity"]), (&json!("USD"), &json!("yearly")));
}

#[tokio::test]
async fn the_category_subcategory_and_type_must_match() {
    let msp = Msp::set_up().await;
    for (fault, fields) in [
        (json!({"subcategory": 99}), vec!["subcategory"]),
        (json!({"category": 2}), vec!["subcategory"]),
        (json!({"subcategory": 21}), vec!["subcategory"]),
        (json!({"type": 99}), vec!["type"]),
        (json!({"category": 2, "type": 99}), vec!["subcategory", "type"]),
    ] {
        msp.invalid_fields(&fields, CREATE_PLAN, &plan(fault)).await;
    }
    assert_eq!(msp.products(), NOTHING);
    msp.done(CREATE_PLAN, &plan(json!({"category": 2, "subcategory": 21, "type": 3}))).await;
}

#[tokio::test]
async fn an_existing_identifier_is_adopted() {
    let msp = Msp::set_up().await;
    let item = json!({
        "identifier": format!("EUWEST.{BACKUP}"), "description": "Old", "customerDescription": "By hand", "price": 9,
        "subcategory": {"id": 12}, "type": {"id": 2}, "productClass": "Service", "inactiveFlag": true, "cost": 4,
    });
    let records = msp.as_person(Method::POST, "procurement/catalog", &item).await;
    let made = msp.done(CREATE_PLAN, &plan(json!({}))).await;
    assert_eq!(made["catalogItem"]["id"], records["id"]);
    let ours: Vec<_> =
        msp.records("catalogItem").into_iter().filter(|records| records["id"].as_u64() > Some(203)).collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    let item = &ours[0];
    assert_eq!((&item["description"], &item["price"]), (&json!("Business Backup"), &json!(3.5)));
    assert_eq!((&item["subcategory"]["id"], &item["type"]["id"]), (&json!(11), &json!(1)));
    assert_eq!((&item["customerDescription"], &item["cost"]), (&json!("By hand"), &json!(4)), "the MSP's own stay");
    assert_eq!(item["inactiveFlag"], false);
}

#[tokio::test]
async fn a_repeated_call_updates_the_plan() {
    let msp = Msp::set_up().await;
    let first = msp.done(CREATE_PLAN, &plan(json!({}))).await;
    assert_eq!(msp.done(CREATE_PLAN, &plan(json!({}))).await, first);
    let again = msp.done(CREATE_PLAN, &plan(json!({"name": "Backup", "price": 4, "trial": true}))).await;
    assert_eq!(again["catalogItem"], first["catalogItem"]);
    assert_eq!((&again["name"], &again["trial"]), (&json!("Backup"), &json!(true)));
    assert_eq!(msp.products().len(), 1);
    assert_eq!(msp.products()[0]["price"], 4);
    assert_eq!(msp.list("plans").await.as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_calls_create_one_item() {
    let msp = Msp::set_up().await;
    let wanted = plan(json!({}));
    let (one, other) = join(msp.post(CREATE_PLAN, &wanted), msp.post(CREATE_PLAN, &wanted)).await;
    for (status, answer) in [&one, &other] {
        assert!(*status == 200 || answer["code"] == ErrorCode::InProgress.number(), "{answer}");
    }
    msp.done(CREATE_PLAN, &wanted).await;
    assert_eq!(msp.products().len(), 1);
}

#[tokio::test]
async fn a_lost_response_creates_one_item() {
    for cut in ["before", "after"] {
        let msp = Msp::set_up().await;
        msp.faults(json!([{"method": "POST", "path": "/procurement/catalog", "times": 1, "drop": cut}]));
        let (status, answer) = msp.post(CREATE_PLAN, &plan(json!({}))).await;
        assert!(status == 200 || answer["code"] == ErrorCode::OutcomeUnknown.number(), "{answer}");
        msp.done(CREATE_PLAN, &plan(json!({}))).await;
        assert_eq!(msp.products().len(), 1, "{cut}");
    }
}

#[tokio::test]
async fn a_repeated_call_with_lagging_searches_uses_the_same_item() {
    let msp = Msp::set_up().await;
    let settings = Settings { search_lag_seconds: 60, ..msp.bss.stack.connectwise.settings() };
    msp.bss.stack.connectwise.set_settings(settings);
    let first = msp.done(CREATE_PLAN, &plan(json!({}))).await;
    let again = msp.done(CREATE_PLAN, &plan(json!({"price": 4}))).await;
    assert_eq!(again["catalogItem"], first["catalogItem"]);
    assert_eq!((msp.products().len(), &msp.products()[0]["price"]), (1, &json!(4)));
}
