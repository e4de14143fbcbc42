//! `GET service/definitions`: the catalogue, without a call of Dropbox.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use super::demo::{
    ADVANCED, CREATE, EDUCATION, GOVERNANCE, HISTORY, LARGE_PACK, PACK, STANDARD, STANDARD_BY_THE_MONTH,
    STANDARD_MONTHLY, SYNCHRONIZE, UPDATE, account, order,
};
use crate::client::{Bss, merged, offered_changes};

async fn sold() -> Value {
    let bss = Bss::with_dropbox().await;
    let (status, definitions) = bss.get("service/definitions").await;
    assert_eq!(status, 200);
    assert_eq!(bss.stack.dropbox.calls(), []);
    let types = definitions["ProductTypes"].as_array().unwrap();
    assert_eq!(types.len(), 1);
    types[0].clone()
}

fn product<'s>(sold: &'s Value, id: &str) -> &'s Value {
    let products = sold["ProductsCollection"]["Products"].as_array().unwrap();
    products.iter().find(|product| product["ID"] == id).unwrap()
}

fn ids(list: &Value, member: &str) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|entry| entry[member].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn one_type_with_a_product_for_each_plan_and_commitment() {
    let sold = sold().await;
    assert_eq!(
        (&sold["ID"], &sold["Name"], &sold["Scope"]),
        (&json!("dropbox"), &json!("Dropbox Subscription"), &json!(0))
    );
    assert_ne!(sold["AllowMultipleSubscriptions"], true);
    let products = &sold["ProductsCollection"]["Products"];
    assert_eq!(ids(products, "ID").len(), 13);
    assert_eq!(products.as_array().unwrap().len(), 13);
    let attributes = &sold["AttributeList"];
    assert_eq!(
        ids(attributes, "ID"),
        ["plan", "seats", HISTORY, GOVERNANCE, PACK, LARGE_PACK].map(str::to_owned).into()
    );
    assert_eq!(ids(&attributes[0]["PredefinedValues"], "Code"), ids(products, "ID"), "each can be picked");
    assert_eq!((&attributes[1]["ID"], &attributes[1]["LinkedToQuantity"]), (&json!("seats"), &json!(true)));
    let standard = product(&sold, STANDARD);
    assert_eq!(standard["Name"], "Dropbox Standard, annual");
    assert_eq!(standard["Attributes"][0]["Values"], json!([STANDARD]));
    assert_eq!(standard["Attributes"][0]["IsPrimaryKey"], true);
}

#[tokio::test]
async fn trials_have_thirty_days_and_exclude_annual_billed_monthly() {
    let sold = sold().await;
    for product in sold["ProductsCollection"]["Products"].as_array().unwrap() {
        let trial = !product["ID"].as_str().unwrap().ends_with("AC1M");
        assert_eq!(product["TrialEnabled"], trial, "{}", product["ID"]);
        let lasts = if trial { (json!(30), json!(0)) } else { (json!(0), json!(0)) };
        assert_eq!((product["TrialDuration"].clone(), product["TrialDurationType"].clone()), lasts);
    }
}

#[tokio::test]
async fn the_billing_cycle_is_the_months_or_the_years() {
    let sold = sold().await;
    for (id, cycle) in [(STANDARD_MONTHLY, 0), (STANDARD, 1), (STANDARD_BY_THE_MONTH, 0), (EDUCATION, 1)] {
        assert_eq!(product(&sold, id)["UnitBillingCycles"], json!([cycle]), "{id}");
    }
}

#[tokio::test]
async fn a_plan_can_be_changed_to_every_plan_and_commitment_that_an_order_accepts() {
    let bss = Bss::with_dropbox().await;
    let (_, definitions) = bss.get("service/definitions").await;
    let plans = ids(&definitions["ProductTypes"][0]["ProductsCollection"]["Products"], "ID");
    let mut accepted = BTreeSet::new();
    for (n, from) in plans.iter().enumerate() {
        let id = n.to_string();
        let login = json!({"ID": id, "SyncOptions": {"email": format!("it{n}@contoso.example")}});
        bss.done(SYNCHRONIZE, &account(login)).await;
        let of = |plan: &str, more| {
            let customer = json!({"SubscriptionID": format!("S{n}"), "Account": {"ID": id, "ExternalID": null}});
            order(plan, 300, merged(customer, more))
        };
        bss.done(CREATE, &of(from, json!({}))).await;
        for to in plans.iter().filter(|to| *to != from) {
            let answer = bss.answer(UPDATE, &of(to, json!({"CheckOnly": true}))).await;
            if answer["Code"] == 0 {
                accepted.insert((from.clone(), to.clone()));
            } else {
                let refusals = [ErrorCode::DowngradeRefused, ErrorCode::StateConflict].map(ErrorCode::number);
                assert!(refusals.iter().any(|code| answer["Code"] == *code), "{from} {to}: {answer}");
            }
        }
    }
    let offered = offered_changes(&definitions);
    assert_eq!(offered, accepted);
    let has = |from: &str, to: &str| offered.contains(&(from.to_owned(), to.to_owned()));
    assert!(has(STANDARD, ADVANCED) && !has(ADVANCED, STANDARD), "a higher plan only");
    assert!(has(STANDARD, STANDARD_MONTHLY) && has(STANDARD_MONTHLY, STANDARD), "another commitment");
    assert!(offered.iter().all(|(from, to)| from != EDUCATION && to != EDUCATION), "a plan of its own line");
}

#[tokio::test]
async fn add_ons_extend_the_plans_that_they_are_sold_with() {
    let sold = sold().await;
    let addons = sold["ProductsCollection"]["Addons"].as_array().unwrap();
    let extends = |id: &str| {
        let addon = addons.iter().find(|addon| addon["ID"] == id).unwrap();
        let products = addon["Products"].as_array().unwrap().iter();
        let plans = products.map(|product| product.as_str().unwrap().split("3L").next().unwrap().to_owned());
        (plans.collect::<BTreeSet<_>>(), addon["Products"].as_array().unwrap().len())
    };
    let set = |plans: &[&str]| plans.iter().map(|plan| (*plan).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(addons.len(), 4);
    for id in [HISTORY, GOVERNANCE] {
        assert_eq!(extends(id), (set(&["TEAM-ST", "TEAM-AD", "EDU-300L1Y"]), 7), "{id}");
    }
    for id in [PACK, LARGE_PACK] {
        assert_eq!(extends(id), (set(&["TEAM-AD"]), 3), "{id}");
    }
}
