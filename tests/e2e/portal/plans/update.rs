//! `POST portal/plans/update`

use reqwest::Method;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{ARCHIVER, BACKUP, merged};
use crate::portal::msp::bodies::plan;
use crate::portal::msp::{CREATE_PLAN, Msp};

const UPDATE: &str = "plans/update";

async fn offering() -> Msp {
    let msp = Msp::set_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp
}

#[tokio::test]
async fn changes_name_and_price_in_the_catalog() {
    let msp = offering().await;
    let before = msp.list("plans").await[0].clone();
    let changed = msp.done(UPDATE, &json!({"plan": BACKUP, "price": 4.25})).await;
    assert_eq!(changed, merged(before.clone(), json!({"price": 4.25})));
    assert_eq!(
        (&msp.products()[0]["price"], &msp.products()[0]["description"]),
        (&json!(4.25), &json!("Business Backup"))
    );
    let changed = msp.done(UPDATE, &json!({"plan": BACKUP, "name": " Mail "})).await;
    assert_eq!(changed, merged(before, json!({"price": 4.25, "name": "Mail"})));
    assert_eq!((&msp.products()[0]["price"], &msp.products()[0]["description"]), (&json!(4.25), &json!("Mail")));
    assert_eq!(msp.list("plans").await[0], changed);
    let writes = msp.writes();
    assert_eq!(msp.done(UPDATE, &json!({"plan": BACKUP, "name": "Mail", "price": "4.250"})).await["name"], "Mail");
    assert_eq!(msp.writes(), writes, "an unchanged plan is not written");
}

#[tokio::test]
async fn the_invoice_text_follows_the_name_unless_a_person_changed_it() {
    let msp = offering().await;
    msp.done(UPDATE, &json!({"plan": BACKUP, "name": "Mail"})).await;
    let text = |msp: &Msp| msp.products()[0]["customerDescription"].as_str().unwrap().to_owned();
    assert_eq!(text(&msp), "Mail: backup of mailboxes, per seat, billed monthly");
    let patch = json!([{"op": "replace", "path": "customerDescription", "value": "By hand"}]);
    msp.as_person(Method::PATCH, &format!("procurement/catalog/{}", msp.product(BACKUP)), &patch).await;
    msp.done(UPDATE, &json!({"plan": BACKUP, "name": "Post"})).await;
    assert_eq!((text(&msp).as_str(), &msp.products()[0]["description"]), ("By hand", &json!("Post")));
}

#[tokio::test]
async fn invalid_fields_are_named() {
    let msp = offering().await;
    msp.invalid_fields(&["name"], UPDATE, &json!({"plan": BACKUP, "name": "seventeen letters"})).await;
    msp.invalid_fields(&["price"], UPDATE, &json!({"plan": BACKUP, "price": -1})).await;
    for plan in [ARCHIVER, "", "nothing"] {
        msp.invalid_fields(&["plan"], UPDATE, &json!({"plan": plan, "price": 1})).await;
    }
    msp.refused(ErrorCode::BadRequest, UPDATE, &json!({"plan": BACKUP, "trial": true})).await;
    assert_eq!(msp.products()[0]["price"], 3.5);
}

#[tokio::test]
async fn what_follows_a_trial_is_chosen_here_alone() {
    let msp = offering().await;
    let before = msp.list("plans").await[0].clone();
    assert_eq!(before["trialEnd"], "ask");
    let calls = msp.bss.stack.connectwise.calls().len();
    for choice in ["convert", "end", "end", "ask"] {
        let changed = msp.done(UPDATE, &json!({"plan": BACKUP, "trialEnd": choice})).await;
        assert_eq!(changed, merged(before.clone(), json!({"trialEnd": choice})));
        assert_eq!(msp.list("plans").await[0], changed);
    }
    assert_eq!(msp.bss.stack.connectwise.calls().len(), calls);
    let stop = json!({"trialEnd": "stop"});
    for (path, body) in [(UPDATE, merged(json!({"plan": BACKUP}), stop.clone())), (CREATE_PLAN, plan(stop))] {
        let message = msp.refused(ErrorCode::BadRequest, path, &body).await;
        assert!(message.contains("trialEnd") && message.contains("`convert`"), "{message}");
    }
    let offered_again = msp.done(CREATE_PLAN, &plan(json!({"trialEnd": "convert"}))).await;
    assert_eq!(offered_again["trialEnd"], "convert");
    let renamed = msp.done(UPDATE, &json!({"plan": BACKUP, "name": "Mail"})).await;
    assert_eq!(renamed["trialEnd"], "convert");
}

#[tokio::test]
async fn a_deleted_product_is_reported() {
    let msp = offering().await;
    msp.as_person(Method::DELETE, &format!("procurement/catalog/{}", msp.product(BACKUP)), &json!({})).await;
    let message = msp.refused(ErrorCode::MissingAtVendor, UPDATE, &json!({"plan": BACKUP, "price": 1})).await;
    assert!(message.contains("portal/plans/create"), "{message}");
    assert_eq!(msp.list("plans").await[0]["price"], 3.5);
    msp.done(CREATE_PLAN, &plan(json!({"price": 1}))).await;
    assert_eq!(msp.products()[0]["price"], 1);
}

#[tokio::test]
async fn a_lost_response_is_resolved_by_the_next_call() {
    let msp = offering().await;
    let change = json!({"plan": BACKUP, "price": 5});
    for cut in ["before", "after"] {
        msp.faults(json!([{"method": "PATCH", "path": "/procurement/catalog/*", "times": 1, "drop": cut}]));
        msp.refused(ErrorCode::OutcomeUnknown, UPDATE, &change).await;
        msp.done(UPDATE, &change).await;
        assert_eq!(msp.products()[0]["price"], 5);
        msp.done(UPDATE, &json!({"plan": BACKUP, "price": 3.5})).await;
    }
}
