//! `GET service/definitions`

use std::collections::BTreeSet;

use sandbox::dropsuite::PARTNERS;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{ARCHIVER, BACKUP, Bss, PERSONAL, PERSONAL_LARGE, VAULT, merged, offered_changes, service};

#[tokio::test]
async fn sells_the_partners_own_plans() {
    let bss = Bss::start().await;
    let (status, definitions) = bss.get("service/definitions").await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!(definitions);
    assert!(!definitions.to_string().contains(VAULT), "the billing unit of this plan is unknown");
}

#[tokio::test]
async fn another_partner_has_other_plans() {
    let bss = Bss::start().await;
    let [_, second] = PARTNERS;
    let (_, definitions) = bss.of_partner(second).get("service/definitions").await;
    assert_eq!(product_ids(&definitions), ["20077-6-4101-14", "20077-6-4102-14"]);
}

#[tokio::test]
async fn a_plan_can_be_changed_to_every_plan_that_an_order_of_its_type_accepts() {
    let bss = Bss::with_account().await;
    let (_, definitions) = bss.get("service/definitions").await;
    let types: Vec<_> = definitions["ProductTypes"].as_array().unwrap().iter().map(product_ids_of).collect();
    let plans = types.concat();
    let mut accepted = BTreeSet::new();
    for (n, from) in plans.iter().enumerate() {
        let of = |plan: &str, more| {
            service(merged(json!({"SubscriptionID": format!("S{n}"), "AttributeList": {"plan": {"Code": plan}}}), more))
        };
        bss.done("subscriptions/create", &of(from, json!({}))).await;
        for to in plans.iter().filter(|to| *to != from) {
            let answer = bss.answer("subscriptions/update", &of(to, json!({"CheckOnly": true}))).await;
            if answer["Code"] == 0 {
                accepted.insert((from.clone(), to.clone()));
            } else {
                assert_eq!(answer["Code"], ErrorCode::CurrencyMismatch.number(), "{from} {to}: {answer}");
            }
        }
        bss.done("subscriptions/cancel", &of(from, json!({}))).await;
    }
    let (within, across): (BTreeSet<_>, BTreeSet<_>) = offered_changes(&definitions)
        .into_iter()
        .partition(|(from, to)| types.iter().any(|products| products.contains(from) && products.contains(to)));
    let accepted_within: BTreeSet<_> = accepted
        .iter()
        .filter(|(from, to)| types.iter().any(|products| products.contains(from) && products.contains(to)))
        .cloned()
        .collect();
    assert_eq!(within, accepted_within);
    assert!(within.contains(&(PERSONAL.to_owned(), PERSONAL_LARGE.to_owned())), "a larger storage plan");
    assert!(within.contains(&(PERSONAL_LARGE.to_owned(), PERSONAL.to_owned())), "a smaller storage plan");
    assert!(across.contains(&(BACKUP.to_owned(), ARCHIVER.to_owned())), "the archiver plan of the same billing");
    assert_eq!(across.len(), 4, "one for each backup plan: {across:?}");
    assert!(across.is_subset(&accepted), "{across:?}");
}

#[tokio::test]
async fn a_relation_leads_to_an_offered_product_only() {
    let bss = Bss::start().await;
    let plan = |id, amount, kind| json!({"id": id, "name": id, "currency": "EUR", "periodicity": "monthly", "amount": amount, "product_type": kind});
    let plans = json!([
        plan("b", "1", "res_backup"),
        plan("b?", "call us", "res_backup"),
        plan("a?", "call us", "res_archive")
    ]);
    bss.vendor_faults(json!([{"path": "/plans", "status": 200, "body": plans}]));
    let (_, definitions) = bss.get("service/definitions").await;
    assert_eq!(product_ids(&definitions), ["b"]);
    assert_eq!(offered_changes(&definitions), BTreeSet::new());
}

#[tokio::test]
async fn prices_are_decimals_to_the_last_digit() {
    let bss = Bss::start().await;
    let plan = |id, amount, kind| json!({"id": id, "name": id, "currency": "EUR", "periodicity": "monthly", "amount": amount, "product_type": kind});
    let plans = json!([plan("b", "0.10", "res_backup"), plan("a", "0.30", "res_archive")]);
    bss.vendor_faults(json!([{"path": "/plans", "status": 200, "body": plans}]));
    let (_, definitions) = bss.get("service/definitions").await;
    let backup = &definitions["ProductTypes"][0]["ProductsCollection"];
    let price = |sold: &Value| sold["Prices"][0]["Units"][0]["Price"].to_string();
    assert_eq!(price(&backup["Products"][0]), "0.1");
    let archiving = backup["Addons"].as_array().unwrap().iter().find(|addon| addon["ID"] == "archiving").unwrap();
    assert_eq!(price(archiving), "0.2", "not 0.19999999999999998");
}

#[tokio::test]
async fn unsellable_plans_are_omitted() {
    let bss = Bss::start().await;
    let plans = json!([
        {"id": "weekly", "currency": "EUR", "periodicity": "weekly", "amount": "1", "product_type": "res_backup"},
        {"id": "free?", "currency": "EUR", "periodicity": "monthly", "amount": "call us", "product_type": "res_backup"},
    ]);
    bss.vendor_faults(json!([{"path": "/plans", "status": 200, "body": plans}]));
    assert_eq!(bss.get("service/definitions").await, (200, json!({"ProductTypes": []})));
}

#[tokio::test]
async fn an_unreachable_vendor_is_reported() {
    let bss = Bss::start().await;
    bss.vendor_faults(json!([{"path": "/plans", "status": 503}]));
    let (status, answer) = bss.get("service/definitions").await;
    assert_eq!((status, &answer["Code"]), (200, &json!(ErrorCode::VendorUnavailable.number())));
}

fn product_ids(definitions: &Value) -> Vec<String> {
    definitions["ProductTypes"].as_array().unwrap().iter().flat_map(product_ids_of).collect()
}

fn product_ids_of(product_type: &Value) -> Vec<String> {
    let products = product_type["ProductsCollection"]["Products"].as_array().unwrap();
    products.iter().map(|product| product["ID"].as_str().unwrap().to_owned()).collect()
}
