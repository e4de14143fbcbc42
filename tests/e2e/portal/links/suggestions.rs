//! `GET portal/links/suggestions`

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{ORGANIZATION, account};
use crate::portal::msp::bodies::{BLUE_LIGHT, company, link, sells};
use crate::portal::msp::{LINK, Msp, UNSUBSCRIBE};

async fn suggestions(msp: &Msp) -> Vec<Value> {
    msp.get("links/suggestions").await["organizations"].as_array().unwrap().clone()
}

async fn of(msp: &Msp, organization: &str) -> Value {
    suggestions(msp).await.into_iter().find(|row| row["organization"] == organization).unwrap()
}

/// Changes a company as a person.
async fn changes(msp: &Msp, id: u32, member: &str, value: Value) {
    let patch = json!([{"op": "replace", "path": member, "value": value}]);
    msp.as_person(Method::PATCH, &format!("company/companies/{id}"), &patch).await;
}

fn candidates(row: &Value) -> Vec<(u64, &str)> {
    let of = |one: &'_ Value| one["company"].as_u64().unwrap();
    let all = row["candidates"].as_array().unwrap();
    all.iter().map(|one| (of(one), one["because"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn an_exact_company_is_chosen_and_two_are_not() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    let row = of(&msp, ORGANIZATION).await;
    assert_eq!((&row["name"], &row["candidates"], row.get("reason")), (&json!("Contoso"), &json!([]), None));
    let (named, _) = msp.adds_company("Contoso Ltd.").await;
    let row = of(&msp, ORGANIZATION).await;
    assert_eq!((candidates(&row), row.get("company")), (vec![(named.into(), "name")], None));
    changes(&msp, BLUE_LIGHT, "website", json!("https://www.contoso.example/")).await;
    let row = of(&msp, ORGANIZATION).await;
    assert_eq!(candidates(&row), [(BLUE_LIGHT.into(), "domain"), (named.into(), "name")]);
    assert_eq!(row["company"], BLUE_LIGHT);
    changes(&msp, named, "website", json!("contoso.example")).await;
    let row = of(&msp, ORGANIZATION).await;
    assert_eq!(row.get("company"), None, "two have the domain: {row}");

    msp.done(LINK, &link(json!({}))).await;
    assert!(suggestions(&msp).await.iter().all(|row| row["organization"] != ORGANIZATION), "it is linked");
}

#[tokio::test]
async fn a_prospect_and_a_recycled_company_are_marked_and_not_chosen() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    changes(&msp, BLUE_LIGHT, "website", json!("contoso.example")).await;
    for (member, mark) in [("leadFlag", "prospect"), ("deletedFlag", "recycled")] {
        changes(&msp, BLUE_LIGHT, member, json!(true)).await;
        let row = of(&msp, ORGANIZATION).await;
        assert_eq!((&row["candidates"][0][mark], row.get("company")), (&json!(true), None), "{row}");
        changes(&msp, BLUE_LIGHT, member, json!(false)).await;
    }
    assert_eq!(of(&msp, ORGANIZATION).await["company"], BLUE_LIGHT);
}

#[tokio::test]
async fn what_cannot_be_linked_says_why_and_what_has_ended_is_left_out() {
    let msp = Msp::with_tenant().await;
    let made = json!({"email": "it@by-hand.example", "organization_name": "By hand", "seats": 2});
    let by_hand = msp.bss.stack.dropsuite.create_in_portal(&made).unwrap()["id"].as_str().unwrap().to_owned();
    assert!(of(&msp, &by_hand).await["reason"].as_str().unwrap().contains("Order a subscription"));
    // Its link was deleted: the company that it was sold to is in its reference.
    let linked = msp.list("links").await[0].clone();
    msp.done("links/delete", &json!({"application": linked["application"], "account": linked["account"]})).await;
    let sold = linked["organization"].as_str().unwrap();
    let row = of(&msp, sold).await;
    assert_eq!((&row["company"], &row["candidates"][0]["because"]), (&json!(BLUE_LIGHT), &json!("identifier")));
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    assert!(suggestions(&msp).await.iter().all(|row| row["organization"] != sold), "it has ended");
}

#[tokio::test]
async fn an_organization_that_an_account_took_over_names_its_account() {
    let msp = Msp::billing().await;
    let made = json!({"email": "it@customer1.example", "organization_name": "By hand", "seats": 2});
    let by_hand = msp.bss.stack.dropsuite.create_in_portal(&made).unwrap()["id"].as_str().unwrap().to_owned();
    let customer = json!({"ID": "5001", "Name": "By hand", "Email": "it@customer1.example", "ExternalID": by_hand,
        "SyncOptions": {"username": "it@customer1.example", "role": "1"}});
    assert_eq!(msp.bss.done("accounts/synchronize", &account(customer)).await, by_hand);
    let row = of(&msp, &by_hand).await;
    assert_eq!((&row["account"], row.get("reason")), (&json!("5001"), None), "{row}");
    let (company, agreement) = msp.adds_company("By hand").await;
    let new = json!({"organization": by_hand, "application": row["application"], "account": row["account"],
        "company": company, "agreement": agreement});
    let answer = msp.done("links/bulk", &json!({"links": [new]})).await;
    assert_eq!(answer["results"][0]["outcome"], "linked", "{answer}");
    assert!(suggestions(&msp).await.iter().all(|row| row["organization"] != by_hand.as_str()));
}

#[tokio::test]
async fn one_empty_list_of_companies_hides_none() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    changes(&msp, BLUE_LIGHT, "website", json!("contoso.example")).await;
    msp.faults(json!([{"method": "GET", "path": "*/company/companies", "times": 1, "status": 200, "body": []}]));
    assert_eq!(of(&msp, ORGANIZATION).await["company"], BLUE_LIGHT);
}

#[tokio::test]
async fn a_long_list_has_pages() {
    let msp = Msp::billing().await;
    for number in 0..30 {
        let email = format!("it@customer{number}.example");
        let customer = json!({"ID": format!("{}", 5000 + number), "Name": format!("Customer {number}"), "Email": email,
            "SyncOptions": {"username": email, "role": "1"}});
        msp.bss.done("accounts/synchronize", &account(customer)).await;
    }
    let (mut path, mut found) = ("links/suggestions".to_owned(), 0);
    loop {
        let page = msp.get(&path).await;
        found += page["organizations"].as_array().unwrap().iter().filter(|row| row.get("reason").is_none()).count();
        let Some(next) = page["next"].as_str() else { break };
        path = format!("links/suggestions?after={next}");
    }
    assert_eq!(found, 30);
}
