//! `POST portal/additions/retry`

use futures::future::join;
use reqwest::Method;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::BACKUP;
use crate::portal::msp::{
    BLUE_BACKUP, BLUE_LIGHT, CREATE_PLAN, LINK, Msp, NOTHING, ORDER, RETRY, UPDATE, link, order, plan, sells,
};

/// The addition of [`order`](crate::portal::msp::order)'s subscription.
fn one(recreate: bool) -> Value {
    json!({"subscription": "20-1", "recreate": recreate})
}

async fn changes_seats(msp: &Msp, seats: u32) {
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": seats})).await;
    msp.settled().await;
}

#[tokio::test]
async fn without_anything_amiss_there_is_nothing_to_try() {
    let msp = Msp::set_up().await;
    assert_eq!(msp.done(RETRY, &json!({})).await, json!([]));
    msp.faulty(&["subscription"], RETRY, &one(false)).await;
    msp.faulty(&["subscription"], RETRY, &json!({"recreate": true})).await;
    let Some(msp) = Msp::with_tenant().await else { return };
    assert_eq!(msp.done(RETRY, &json!({})).await, json!([]), "what is applied is not tried");
    let (before, line) = (msp.row().await, msp.line());
    assert_eq!(msp.done(RETRY, &one(false)).await, json!([before]));
    assert_eq!(msp.done(RETRY, &one(true)).await[0]["addition"], line["id"], "what is there is not made anew");
    assert_eq!(msp.line(), line);
    msp.refused(ErrorCode::BadRequest, RETRY, &json!({"Recreate": true})).await;
}

#[tokio::test]
async fn what_was_deleted_is_made_anew_if_told_so() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let old = msp.line()["id"].clone();
    msp.deletes(BLUE_BACKUP, &old).await;
    changes_seats(&msp, 5).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "failed");
    assert_eq!(msp.done(RETRY, &one(false)).await[0]["state"], "failed");
    assert_eq!(msp.lines(), NOTHING, "a mere retry makes nothing anew");
    let rows = msp.done(RETRY, &one(true)).await;
    let line = msp.line();
    assert_ne!(line["id"], old);
    assert_eq!((&rows[0]["state"], &rows[0]["addition"]), (&json!("applied"), &line["id"]));
    assert_eq!((&line["quantity"], &line["effectiveDate"]), (&json!(5), &json!("2031-06-01T00:00:00Z")));
    changes_seats(&msp, 6).await;
    assert_eq!((&msp.line()["quantity"], &msp.row().await["state"]), (&json!(6), &json!("applied")));
}

#[tokio::test]
async fn what_was_deleted_unseen_is_made_anew_if_told_so() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let prorates = json!([{"op": "replace", "path": "prorateFlag", "value": true}]);
    msp.by_hand(Method::PATCH, "finance/agreements/104", &prorates).await;
    let msp = msp.at("2031-09-10T12:00:00Z").await;
    msp.deletes(BLUE_BACKUP, &msp.line()["id"].clone()).await;
    assert_eq!(msp.row().await["state"], "applied", "nobody looked yet");
    assert_eq!(msp.done(RETRY, &one(true)).await[0]["state"], "applied");
    let line = msp.line();
    assert_eq!((&line["quantity"], &line["effectiveDate"]), (&json!(3), &json!("2031-10-01T00:00:00Z")));
}

#[tokio::test]
async fn what_was_cancelled_is_taken_up_again_or_made_anew() {
    for recreate in [false, true] {
        let Some(msp) = Msp::with_tenant().await else { return };
        let id = msp.line()["id"].clone();
        msp.sets(BLUE_BACKUP, &id, "cancelledDate", json!("2031-07-31T00:00:00Z")).await;
        changes_seats(&msp, 5).await;
        if !recreate {
            let reopened = json!([{"op": "remove", "path": "cancelledDate"}]);
            let path = format!("finance/agreements/{BLUE_BACKUP}/additions/{id}");
            msp.by_hand(Method::PATCH, &path, &reopened).await;
        }
        let rows = msp.done(RETRY, &one(recreate)).await;
        assert_eq!(rows[0]["state"], "applied", "{rows}");
        let lines = msp.lines();
        assert_eq!(lines.len(), 1 + usize::from(recreate));
        let line = lines.last().unwrap();
        assert_eq!((&line["quantity"], line.get("cancelledDate")), (&json!(5), None));
        assert_eq!(rows[0]["addition"], line["id"]);
    }
}

#[tokio::test]
async fn after_all_but_one_are_gone_it_goes_on() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let theirs = msp.adds(BLUE_BACKUP, msp.product(BACKUP), 9).await;
    changes_seats(&msp, 5).await;
    assert_eq!(msp.row().await["state"], "failed");
    msp.deletes(BLUE_BACKUP, &theirs).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "applied");
    let row = msp.row().await;
    assert_eq!((row.get("reason"), row.get("requiredAction")), (None, None));
    assert_eq!(msp.line()["quantity"], 5);
}

#[tokio::test]
async fn a_plan_without_a_product_is_created_and_tried_again() {
    let msp = Msp::set_up().await;
    if !msp.bss.has_own_engine("it may have no stream, and additions are left out") {
        return;
    }
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.settled().await;
    let (reason, to_do) = msp.failed().await;
    assert!(reason.contains(&format!("euwest.{BACKUP}")), "{reason}");
    assert!(to_do.contains("portal/plans/create"), "{to_do}");
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    let rows = msp.done(RETRY, &json!({})).await;
    assert_eq!(rows[0]["state"], "applied", "{rows}");
    assert_eq!(msp.line()["quantity"], 5);
}

#[tokio::test]
async fn of_another_installation_it_is_named_with_it() {
    let Some(msp) = Msp::billing().await else { return };
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.settled().await;
    msp.faulty(&["subscription"], RETRY, &json!({"subscription": "S1"})).await;
    let named = json!({"application": "b1a7c0de-0000-4000-8000-000000000001", "subscription": "S1"});
    assert_eq!(msp.done(RETRY, &named).await, json!([msp.row().await]));
}

#[tokio::test]
async fn an_agreement_that_was_renewed_goes_on() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let set = |cancelled: bool| json!([{"op": "replace", "path": "cancelledFlag", "value": cancelled}]);
    msp.by_hand(Method::PATCH, "finance/agreements/104", &set(true)).await;
    changes_seats(&msp, 5).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "failed");
    msp.by_hand(Method::PATCH, "finance/agreements/104", &set(false)).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "applied");
    assert_eq!(msp.line()["quantity"], 5);
}

#[tokio::test]
async fn what_connectwise_did_not_take_is_pending_until_it_does() {
    let Some(msp) = Msp::with_tenant().await else { return };
    msp.faults(json!([{"method": "PATCH", "path": "/finance/*", "status": 503}]));
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.settled().await;
    let row = msp.row().await;
    assert_eq!((&row["state"], row.get("requiredAction")), (&json!("pending"), None), "{row}");
    assert!(row["reason"].as_str().unwrap().len() > 15, "{row}");
    msp.faults(json!([]));
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "applied");
    assert_eq!(msp.line()["quantity"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_make_one_addition_anew() {
    let Some(msp) = Msp::with_tenant().await else { return };
    msp.deletes(BLUE_BACKUP, &msp.line()["id"].clone()).await;
    changes_seats(&msp, 5).await;
    let again = one(true);
    let (first, second) = join(msp.post(RETRY, &again), msp.post(RETRY, &again)).await;
    assert_eq!((first.0, second.0), (200, 200), "{first:?} {second:?}");
    assert_eq!((&msp.line()["quantity"], &msp.row().await["state"]), (&json!(5), &json!("applied")));
}

#[tokio::test]
async fn a_product_that_was_deleted_is_created_anew_and_tried_again() {
    let Some(msp) = Msp::billing().await else { return };
    let old = msp.product(BACKUP);
    msp.by_hand(Method::DELETE, &format!("procurement/catalog/{old}"), &json!({})).await;
    msp.done(ORDER, &order(json!({}))).await;
    msp.settled().await;
    let (reason, to_do) = msp.failed().await;
    assert!(reason.contains("product"), "{reason}");
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "applied");
    assert_eq!((&msp.line()["quantity"], &msp.line()["unitPrice"]), (&json!(3), &json!(3.5)));
    assert_ne!(msp.product(BACKUP), old);
    assert!(to_do.contains("portal/plans/create"), "{to_do}");
}
