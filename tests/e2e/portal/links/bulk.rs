//! `POST portal/links/bulk`. `LINKS=300` sets the number of links of the request that is cut off.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::client::{ORGANIZATION, account};
use crate::portal::msp::bodies::{ACME, BLUE_LIGHT, MANAGED, link, sells};
use crate::portal::msp::{LINK, Msp};

const BULK: &str = "links/bulk";

/// Creates customers of the shop, each with a company. Returns their links.
async fn customers(msp: &Msp, count: usize) -> Vec<Value> {
    let mut links = Vec::new();
    for number in 1..=count {
        let (email, name) = (format!("it@customer{number}.example"), format!("Customer {number}"));
        let customer = json!({
            "ID": format!("{}", 5000 + number), "Name": name, "Email": email,
            "SyncOptions": {"username": email, "role": "1"},
        });
        let organization = msp.bss.done("accounts/synchronize", &account(customer)).await;
        let (company, agreement) = msp.adds_company(&name).await;
        links.push(json!({"organization": organization, "company": company, "agreement": agreement}));
        if number.is_multiple_of(20) {
            // ConnectWise counts the requests of a minute.
            msp.bss.stack.clock.advance(jiff::SignedDuration::from_mins(1));
        }
    }
    links
}

fn outcomes(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().unwrap().iter().map(|result| result["outcome"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_request_that_was_cut_off_is_sent_again_and_makes_each_link_once() {
    let count = std::env::var("LINKS").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let msp = Msp::billing().await;
    let body = json!({"links": customers(&msp, count).await});
    let msp = msp.with_new_session().await;
    // The table stops answering in the middle.
    let refused = json!({
        "path": "/", "after": count / 2, "status": 500,
        "header": {"name": "x-amz-target", "value": "*.TransactWriteItems"},
    });
    let faults = msp.bss.stack.dynamodb.faults();
    faults.set(serde_json::from_value(json!([refused])).unwrap());
    assert_eq!(msp.post(BULK, &body).await.0, 503);
    faults.clear();
    let before = msp.pages("links", 200).await.concat().len();
    assert!((1..count).contains(&before), "{before} of {count} were made");

    let answer = msp.done(BULK, &body).await;
    assert!(outcomes(&answer).iter().all(|outcome| *outcome == "linked"), "{answer}");
    let links = msp.pages("links", 200).await.concat();
    let linked: HashSet<_> = links.iter().map(|link| link["organization"].to_string()).collect();
    assert_eq!((links.len(), linked.len()), (count, count), "each once");

    let calls = (msp.bss.stack.connectwise.calls().len(), msp.bss.stack.dropsuite.calls().len());
    msp.bss.stack.dynamodb.meter();
    assert_eq!(msp.done(BULK, &body).await, answer);
    let writes: f64 = msp.bss.stack.dynamodb.consumed().iter().map(|operation| operation.writes).sum();
    assert!(writes < 2.0, "again writes no link: {writes} units");
    assert!(msp.bss.stack.connectwise.calls().len() - calls.0 <= 2, "one list of companies and one of agreements");
    assert_eq!(msp.bss.stack.dropsuite.calls().len(), calls.1, "the record tells what is linked");
    let history = msp.get("history/list?action=links/bulk&limit=1000").await;
    assert_eq!(history["history"].as_array().unwrap().len(), count, "each link has one entry");
}

#[tokio::test]
async fn what_is_wrong_with_one_link_leaves_the_others() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    let good = link(json!({}));
    let with = |more: Value| link(more);
    let body = json!({"links": [
        with(json!({"organization": "440099-6"})), with(json!({"organization": "a b"})), good, good,
    ]});
    let answer = msp.done(BULK, &body).await;
    assert_eq!(outcomes(&answer), ["refused", "refused", "linked", "refused"], "{answer}");
    let message = |at: usize| answer["results"][at]["message"].as_str().unwrap().to_owned();
    assert!(message(0).starts_with("organization: Dropsuite shows you no such organization"), "{answer}");
    assert!(message(3).contains("twice"), "{answer}");
    assert_eq!(msp.list("links").await[0]["organization"], ORGANIZATION);
    let made = msp.list("links").await[0].clone();
    msp.done("links/delete", &json!({"application": made["application"], "account": made["account"]})).await;
    for (wrong, field) in [
        (json!({"company": 4711}), "company: ConnectWise has no such company"),
        (json!({"agreement": 4711}), "agreement: ConnectWise has no such agreement"),
        (json!({"agreement": MANAGED}), "agreement: The agreement"),
        (json!({"company": ACME}), "agreement: The agreement"),
        (json!({"unitPrice": -1}), "unitPrice: "),
    ] {
        let answer = msp.done(BULK, &json!({"links": [with(wrong.clone())]})).await;
        assert!(answer["results"][0]["message"].as_str().unwrap().starts_with(field), "{wrong}: {answer}");
    }
    assert_eq!(msp.list("links").await, json!([]), "nothing was linked");
}

#[tokio::test]
async fn one_empty_list_refuses_nothing() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    let empty = |path: &str| json!({"method": "GET", "path": path, "times": 1, "status": 200, "body": []});
    let body = json!({"links": [link(json!({}))]});
    for path in ["*/company/companies", "*/finance/agreements"] {
        msp.faults(json!([empty(path)]));
        assert_eq!(outcomes(&msp.done(BULK, &body).await), ["linked"], "{path}");
        let made = msp.list("links").await[0].clone();
        msp.done("links/delete", &json!({"application": made["application"], "account": made["account"]})).await;
    }
}

#[tokio::test]
async fn what_a_system_does_not_answer_is_left() {
    let msp = Msp::billing().await;
    let links = customers(&msp, 2).await;
    let msp = msp.with_new_session().await;
    let path = format!("/users/{}", links[0]["organization"].as_str().unwrap());
    msp.bss.vendor_faults(json!([{"method": "GET", "path": path, "status": 503}]));
    let answer = msp.done(BULK, &json!({ "links": links })).await;
    assert_eq!(outcomes(&answer), ["left", "linked"], "{answer}");
    assert!(!answer["results"][0]["message"].as_str().unwrap().is_empty(), "{answer}");
    msp.bss.vendor_faults(json!([]));
    assert_eq!(outcomes(&msp.done(BULK, &json!({ "links": links })).await), ["linked", "linked"]);
}

#[tokio::test]
async fn a_link_that_a_person_made_meanwhile_stays() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    let (company, agreement) = msp.adds_company("Contoso").await;
    msp.done(LINK, &link(json!({"unitPrice": 2.5, "startsOn": "today"}))).await;
    let made = msp.list("links").await;
    let other = link(json!({"company": company, "agreement": agreement}));
    let answer = msp.done(BULK, &json!({"links": [other]})).await;
    assert_eq!(outcomes(&answer), ["refused"], "{answer}");
    let message = answer["results"][0]["message"].as_str().unwrap();
    assert!(message.contains(&format!("linked already: to the company {BLUE_LIGHT}")), "{message}");
    assert_eq!(outcomes(&msp.done(BULK, &json!({"links": [link(json!({}))]})).await), ["linked"], "it is that one");
    assert_eq!(msp.list("links").await, made);
}

#[tokio::test]
async fn it_makes_the_link_that_a_single_request_makes() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    let one = link(json!({"unitPrice": 2.5, "startsOn": "today", "billedSeats": "used", "minimumSeats": 2}));
    assert_eq!(outcomes(&msp.done(BULK, &json!({"links": [one]})).await), ["linked"]);
    msp.wait_for_additions().await;
    let made = msp.list("links").await[0].clone();
    assert_eq!(msp.additions().len(), 1);
    msp.done(LINK, &one).await;
    assert_eq!(msp.list("links").await[0], made);
}

#[tokio::test]
async fn a_number_of_links_that_is_none_is_refused() {
    let msp = Msp::billing().await;
    let many: Vec<_> = (0..301).map(|number| link(json!({"organization": format!("{number}-6")}))).collect();
    for links in [json!([]), json!(many)] {
        msp.invalid_fields(&["links"], BULK, &json!({ "links": links })).await;
    }
    msp.invalid_fields(&["links"], BULK, &json!({})).await;
}
