//! `GET portal/additions/list`

use reqwest::Method;
use sandbox::connectwise::{Member, Module, Role};
use serde_json::json;

use crate::client::{ARCHIVER, BACKUP};
use crate::portal::msp::{
    BLUE_BACKUP, BLUE_LIGHT, CREATE_PLAN, CREDENTIALS, LINK, Msp, NOTHING, ORDER, PRIVATE_KEY, PUBLIC_KEY, RETRY, SAVE,
    UNSUBSCRIBE, UPDATE, archiver, choices, company, credentials, link, order, sells, steady,
};

#[tokio::test]
async fn tells_how_all_of_them_stand() {
    let Some(msp) = Msp::with_tenant().await else { return };
    msp.bss.done("accounts/synchronize", &crate::client::account(json!({}))).await;
    let second = msp.bss.organizations()[1]["id"].clone();
    msp.done(LINK, &link(json!({"organization": second}))).await;
    let acme = json!({"company": 19, "agreement": 101, "email": "ann@acme.example", "businessName": "Acme"});
    msp.done(ORDER, &order(acme)).await;
    msp.settled().await;
    let acmes = msp.lines()[1]["id"].clone();
    msp.deletes(101, &acmes).await;
    msp.done(UPDATE, &json!({"company": 19, "seats": 4})).await;
    msp.settled().await;
    let mut rows = msp.rows().await;
    rows.sort_by_key(|row| row["account"].as_str().unwrap().to_owned());
    insta::assert_json_snapshot!(steady(json!(rows)));
}

#[tokio::test]
async fn what_was_deleted_by_hand_is_told_and_not_made_again() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let id = msp.line()["id"].clone();
    msp.deletes(BLUE_BACKUP, &id).await;
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.settled().await;
    assert_eq!(msp.lines(), NOTHING);
    let (reason, to_do) = msp.failed().await;
    assert!(reason.contains(&id.to_string()) && reason.contains("deleted"), "{reason}");
    assert!(to_do.contains("portal/additions/retry") && to_do.contains("recreate"), "{to_do}");
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.settled().await;
    assert_eq!(msp.row().await["state"], "applied", "there is nothing left to end");
    assert_eq!(msp.lines(), NOTHING);
}

#[tokio::test]
async fn what_was_cancelled_by_hand_is_told_and_left_so() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let id = msp.line()["id"].clone();
    msp.sets(BLUE_BACKUP, &id, "cancelledDate", json!("2031-07-31T00:00:00Z")).await;
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.settled().await;
    let (reason, to_do) = msp.failed().await;
    assert!(reason.contains("cancelled") && reason.contains("2031-07-31"), "{reason}");
    assert!(to_do.contains("portal/additions/retry"), "{to_do}");
    assert_eq!((&msp.line()["quantity"], &msp.line()["cancelledDate"]), (&json!(3), &json!("2031-07-31T00:00:00Z")));
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.settled().await;
    assert_eq!(msp.row().await["state"], "applied");
    assert_eq!(msp.line()["cancelledDate"], "2031-07-31T00:00:00Z", "the person's date stays");
}

#[tokio::test]
async fn two_that_could_be_meant_are_named() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let (ours, theirs) = (msp.line()["id"].clone(), msp.adds(BLUE_BACKUP, msp.product(BACKUP), 9).await);
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.settled().await;
    let (reason, to_do) = msp.failed().await;
    assert!(reason.contains(&ours.to_string()) && reason.contains(&theirs.to_string()), "{reason}");
    assert!(to_do.contains("portal/additions/retry"), "{to_do}");
    let quantities: Vec<_> = msp.lines().iter().map(|line| line["quantity"].clone()).collect();
    assert_eq!(quantities, [json!(3), json!(9)], "neither was touched");
}

#[tokio::test]
async fn one_that_was_there_before_is_nobodys_until_somebody_says_so() {
    let Some(msp) = Msp::billing().await else { return };
    let id = msp.adds(BLUE_BACKUP, msp.product(BACKUP), 9).await;
    msp.sets(BLUE_BACKUP, &id, "unitPrice", json!(1.5)).await;
    msp.sets(BLUE_BACKUP, &id, "billCustomer", json!("NoCharge")).await;
    msp.done(ORDER, &order(json!({}))).await;
    msp.settled().await;
    let (reason, to_do) = msp.failed().await;
    assert!(reason.contains(&id.to_string()) && to_do.contains(&format!("\"adopt\": {id}")), "{reason} {to_do}");
    assert_eq!(msp.line()["quantity"], 9, "it is not touched");
    msp.faulty(&["subscription"], RETRY, &json!({"adopt": id})).await;
    msp.faulty(&["adopt"], RETRY, &json!({"subscription": "20-1", "adopt": id, "recreate": true})).await;
    let other = msp.done(RETRY, &json!({"subscription": "20-1", "adopt": 7})).await;
    assert_eq!(other[0]["state"], "failed");
    msp.done(RETRY, &json!({"subscription": "20-1", "adopt": id})).await;
    let line = msp.line();
    assert_eq!((&line["id"], &line["quantity"], &line["unitPrice"]), (&id, &json!(3), &json!(1.5)));
    assert_eq!(line["billCustomer"], "Billable", "as it was sold");
    let row = msp.row().await;
    assert_eq!((&row["state"], &row["addition"]), (&json!("applied"), &id));
    assert!(row["reason"].as_str().unwrap().contains("taken over"), "{row}");
}

#[tokio::test]
async fn what_is_not_there_for_wrong_keys_was_not_deleted() {
    let Some(msp) = Msp::with_tenant().await else { return };
    // ConnectWise's cloud returns 404 for revoked keys.
    let absent = |path: &str| json!({"method": "GET", "path": path, "status": 404});
    msp.faults(json!([absent("/finance/*"), absent("/company/companies*")]));
    for (path, body) in [(UPDATE, json!({"company": BLUE_LIGHT, "seats": 5})), (UNSUBSCRIBE, company(BLUE_LIGHT))] {
        msp.done(path, &body).await;
        msp.settled().await;
        let (reason, to_do) = msp.failed().await;
        assert!(!reason.contains("deleted") && to_do.contains("portal/settings/credentials"), "{reason} {to_do}");
    }
    msp.faults(json!([]));
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "applied");
    assert_eq!(msp.line()["billCustomer"], "DoNotBill");
}

#[tokio::test]
async fn two_that_were_there_before_are_named() {
    let Some(msp) = Msp::billing().await else { return };
    let product = msp.product(BACKUP);
    let (one, other) = (msp.adds(BLUE_BACKUP, product, 1).await, msp.adds(BLUE_BACKUP, product, 2).await);
    msp.done(ORDER, &order(json!({}))).await;
    msp.settled().await;
    let (reason, _) = msp.failed().await;
    assert!(reason.contains(&one.to_string()) && reason.contains(&other.to_string()), "{reason}");
    assert_eq!(msp.lines().len(), 2);
}

#[tokio::test]
async fn an_agreement_that_ended_meanwhile_is_told() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let patch = json!([{"op": "replace", "path": "cancelledFlag", "value": true}]);
    msp.by_hand(Method::PATCH, "finance/agreements/104", &patch).await;
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.settled().await;
    let (reason, to_do) = msp.failed().await;
    assert!(reason.contains("Dropsuite Email Backup") && reason.contains("cancelled"), "{reason}");
    assert!(to_do.contains("portal/links/create"), "{to_do}");
    assert_eq!(msp.line()["quantity"], 3);
    msp.bss.assert_at_vendor(crate::client::ORGANIZATION, &json!({"seats_available": 5}));
    // A rejected end is reported, because the agreement may be renewed.
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.settled().await;
    let (reason, to_do) = msp.failed().await;
    assert!(reason.contains("cancelled") && to_do.contains("renew"), "{reason} {to_do}");
    let renewed = json!([{"op": "replace", "path": "cancelledFlag", "value": false}]);
    msp.by_hand(Method::PATCH, "finance/agreements/104", &renewed).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "applied");
    assert_eq!(msp.line()["billCustomer"], "DoNotBill");
}

#[tokio::test]
async fn another_product_that_a_person_gave_it_is_told() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let theirs = msp.held("catalogItem")[0]["id"].clone();
    msp.sets(BLUE_BACKUP, &msp.line()["id"].clone(), "product", json!({"id": theirs})).await;
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.settled().await;
    let (reason, to_do) = msp.failed().await;
    assert!(reason.contains("another product") && to_do.contains("recreate"), "{reason} {to_do}");
}

#[tokio::test]
async fn an_addition_whose_answer_was_lost_is_found_and_not_made_twice() {
    let Some(msp) = Msp::billing().await else { return };
    msp.faults(json!([{"method": "POST", "path": "/finance/agreements/*/additions", "times": 1, "drop": "after"}]));
    msp.done(ORDER, &order(json!({}))).await;
    msp.settled().await;
    assert_eq!(msp.line()["quantity"], 3);
    let row = msp.row().await;
    assert_eq!((&row["state"], &row["addition"]), (&json!("applied"), &msp.line()["id"]));
}

#[tokio::test]
async fn everything_again_changes_nothing() {
    let Some(msp) = Msp::with_tenant().await else { return };
    msp.done(CREATE_PLAN, &archiver(json!({}))).await;
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "plan": ARCHIVER})).await;
    msp.settled().await;
    let before = (msp.lines(), msp.rows().await, msp.writes());
    assert!(msp.bss.stack.additions.as_ref().unwrap().replay().await);
    assert_eq!((msp.lines(), msp.rows().await, msp.writes()), before);
    sells(&msp.bss).await;
    msp.settled().await;
    assert_eq!(msp.lines(), before.0);
}

#[tokio::test]
async fn a_create_that_never_arrived_waits_until_it_can_not_arrive_any_more() {
    let Some(msp) = Msp::billing().await else { return };
    msp.faults(json!([{"method": "POST", "path": "/finance/agreements/*/additions", "times": 1, "drop": "before"}]));
    msp.done(ORDER, &order(json!({}))).await;
    msp.settled().await;
    assert_eq!(msp.row().await["state"], "pending");
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "pending", "it may still be on its way");
    assert_eq!(msp.lines(), NOTHING);
    let later = msp.at("2031-05-15T16:06:00Z").await;
    assert_eq!(later.done(RETRY, &json!({})).await[0]["state"], "applied");
    assert_eq!(msp.line()["quantity"], 3);
}

#[tokio::test]
async fn a_create_that_arrives_unseen_is_found_later() {
    let Some(msp) = Msp::billing().await else { return };
    msp.faults(json!([
        {"method": "POST", "path": "/finance/agreements/*/additions", "times": 1, "drop": "after"},
        {"method": "GET", "path": "/finance/agreements/*/additions", "after": 1, "status": 200, "body": "<html>"},
    ]));
    msp.done(ORDER, &order(json!({}))).await;
    msp.settled().await;
    assert_eq!(msp.row().await["state"], "pending");
    msp.faults(json!([]));
    let later = msp.at("2031-05-15T16:06:00Z").await;
    assert_eq!(later.done(RETRY, &json!({})).await[0]["state"], "applied");
    assert_eq!(msp.line()["quantity"], 3);
}

#[tokio::test]
async fn a_right_that_was_taken_away_is_named() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let member = |without: &[Module]| Member {
        identifier: "Portal".to_owned(),
        public_key: PUBLIC_KEY.to_owned(),
        private_key: PRIVATE_KEY.to_owned(),
        role: Role::integration().without(without),
    };
    msp.bss.stack.connectwise.enlist(member(&[Module::Agreements])).unwrap();
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.settled().await;
    let (reason, to_do) = msp.failed().await;
    assert!(reason.contains("Finance > Agreements"), "{reason}");
    assert!(to_do.contains("portal/additions/retry"), "{to_do}");
    msp.bss.stack.connectwise.enlist(member(&[])).unwrap();
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "applied");
    assert_eq!(msp.line()["quantity"], 5);
}

#[tokio::test]
async fn keys_that_were_taken_away_are_told() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let gone = Member {
        identifier: "Portal".to_owned(),
        public_key: PUBLIC_KEY.to_owned(),
        private_key: "another".to_owned(),
        role: Role::integration(),
    };
    msp.bss.stack.connectwise.enlist(gone).unwrap();
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.settled().await;
    let (reason, to_do) = msp.failed().await;
    assert!(reason.contains("keys"), "{reason}");
    assert!(to_do.contains("portal/settings/credentials"), "{to_do}");
    msp.done(CREDENTIALS, &credentials(json!({"privateKey": "another"}))).await;
    msp.done(SAVE, &choices(json!({}))).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "applied");
}
