//! `GET service/definitions`

use sandbox::dropsuite::PARTNERS;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{ARCHIVER, BACKUP, Bss, VAULT};

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
async fn a_backup_plan_can_be_upgraded_to_its_archiver() {
    let (_, definitions) = Bss::start().await.get("service/definitions").await;
    let products = definitions["ProductTypes"][0]["ProductsCollection"]["Products"].as_array().unwrap();
    let backup = products.iter().find(|product| product["ID"] == BACKUP).unwrap();
    assert_eq!(backup["RelatedProducts"], json!([{"ProductID": ARCHIVER, "Relation": 5}]));
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
    let types = definitions["ProductTypes"].as_array().unwrap();
    let products = types.iter().flat_map(|kind| kind["ProductsCollection"]["Products"].as_array().unwrap());
    products.map(|product| product["ID"].as_str().unwrap().to_owned()).collect()
}
