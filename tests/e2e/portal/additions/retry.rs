//! `POST portal/additions/retry`

use futures::future::join;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::BACKUP;
use crate::portal::msp::bodies::{BLUE_BACKUP, BLUE_LIGHT, link, order, plan, sells};
use crate::portal::msp::{CREATE_PLAN, LINK, Msp, NOTHING, ORDER, RETRY, UPDATE};

/// Returns a request for the addition of [`order`](crate::portal::msp::bodies::order)'s subscription.
fn one(recreate: bool) -> Value {
    json!({"subscription": "20-1", "recreate": recreate})
}

async fn changes_seats(msp: &Msp, seats: u32) {
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": seats})).await;
    msp.wait_for_additions().await;
}

#[tokio::test]
async fn without_failures_there_is_nothing_to_retry() {
    let msp = Msp::set_up().await;
    assert_eq!(msp.done(RETRY, &json!({})).await, json!([]));
    for empty in ["", " \n"] {
        assert_eq!(msp.send(Method::POST, RETRY, empty.to_owned()).await, (200, json!([])), "an empty body is {{}}");
    }
    msp.invalid_fields(&["subscription"], RETRY, &one(false)).await;
    msp.invalid_fields(&["subscription"], RETRY, &json!({"recreate": true})).await;
    let msp = Msp::with_tenant().await;
    assert_eq!(msp.done(RETRY, &json!({})).await, json!([]), "additions in sync are not retried");
    let (before, addition) = (msp.row().await, msp.addition());
    assert_eq!(msp.done(RETRY, &one(false)).await, json!([before]));
    assert_eq!(
        msp.done(RETRY, &one(true)).await[0]["addition"],
        addition["id"],
        "an existing addition is not recreated"
    );
    assert_eq!(msp.addition(), addition);
    msp.refused(ErrorCode::BadRequest, RETRY, &json!({"Recreate": true})).await;
}

#[tokio::test]
async fn a_deleted_addition_is_recreated_on_request() {
    let msp = Msp::with_tenant().await;
    let old = msp.addition()["id"].clone();
    msp.deletes(BLUE_BACKUP, &old).await;
    changes_seats(&msp, 5).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "failed");
    assert_eq!(msp.done(RETRY, &one(false)).await[0]["state"], "failed");
    assert_eq!(msp.additions(), NOTHING, "without `recreate` nothing is created");
    let rows = msp.done(RETRY, &one(true)).await;
    let addition = msp.addition();
    assert_ne!(addition["id"], old);
    assert_eq!((&rows[0]["state"], &rows[0]["addition"]), (&json!("synced"), &addition["id"]));
    assert_eq!((&addition["quantity"], &addition["effectiveDate"]), (&json!(5), &json!("2031-06-01T00:00:00Z")));
    changes_seats(&msp, 6).await;
    assert_eq!((&msp.addition()["quantity"], &msp.row().await["state"]), (&json!(6), &json!("synced")));
}

#[tokio::test]
async fn an_undetected_deletion_is_recreated_on_request() {
    let msp = Msp::with_tenant().await;
    let prorates = json!([{"op": "replace", "path": "prorateFlag", "value": true}]);
    msp.as_person(Method::PATCH, "finance/agreements/104", &prorates).await;
    let msp = msp.at("2031-09-10T12:00:00Z").await;
    msp.deletes(BLUE_BACKUP, &msp.addition()["id"].clone()).await;
    assert_eq!(msp.row().await["state"], "synced", "not detected yet");
    assert_eq!(msp.done(RETRY, &one(true)).await[0]["state"], "synced");
    let addition = msp.addition();
    assert_eq!((&addition["quantity"], &addition["effectiveDate"]), (&json!(3), &json!("2031-10-01T00:00:00Z")));
}

#[tokio::test]
async fn a_cancelled_addition_is_reopened_or_recreated() {
    for recreate in [false, true] {
        let msp = Msp::with_tenant().await;
        let id = msp.addition()["id"].clone();
        msp.sets(BLUE_BACKUP, &id, "cancelledDate", json!("2031-07-31T00:00:00Z")).await;
        changes_seats(&msp, 5).await;
        if !recreate {
            let reopened = json!([{"op": "remove", "path": "cancelledDate"}]);
            let path = format!("finance/agreements/{BLUE_BACKUP}/additions/{id}");
            msp.as_person(Method::PATCH, &path, &reopened).await;
        }
        let rows = msp.done(RETRY, &one(recreate)).await;
        assert_eq!(rows[0]["state"], "synced", "{rows}");
        let additions = msp.additions();
        assert_eq!(additions.len(), 1 + usize::from(recreate));
        let addition = additions.last().unwrap();
        assert_eq!((&addition["quantity"], addition.get("cancelledDate")), (&json!(5), None));
        assert_eq!(rows[0]["addition"], addition["id"]);
    }
}

#[tokio::test]
async fn synchronization_continues_after_duplicates_are_removed() {
    let msp = Msp::with_tenant().await;
    let theirs = msp.adds(BLUE_BACKUP, msp.product(BACKUP), 9).await;
    changes_seats(&msp, 5).await;
    assert_eq!(msp.row().await["state"], "failed");
    msp.deletes(BLUE_BACKUP, &theirs).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "synced");
    let row = msp.row().await;
    assert_eq!((row.get("reason"), row.get("requiredAction")), (None, None));
    assert_eq!(msp.addition()["quantity"], 5);
}

#[tokio::test]
async fn a_missing_product_is_created_and_the_addition_retried() {
    let msp = Msp::set_up().await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.wait_for_additions().await;
    let (reason, required_action) = msp.failed().await;
    assert!(reason.contains(&format!("euwest.{BACKUP}")), "{reason}");
    assert!(required_action.contains("portal/plans/create"), "{required_action}");
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    let rows = msp.done(RETRY, &json!({})).await;
    assert_eq!(rows[0]["state"], "synced", "{rows}");
    assert_eq!(msp.addition()["quantity"], 5);
}

#[tokio::test]
async fn an_addition_of_another_application_needs_its_id() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.wait_for_additions().await;
    msp.invalid_fields(&["subscription"], RETRY, &json!({"subscription": "S1"})).await;
    let named = json!({"application": "b1a7c0de-0000-4000-8000-000000000001", "subscription": "S1"});
    assert_eq!(msp.done(RETRY, &named).await, json!([msp.row().await]));
}

#[tokio::test]
async fn synchronization_continues_after_an_agreement_is_renewed() {
    let msp = Msp::with_tenant().await;
    let set = |cancelled: bool| json!([{"op": "replace", "path": "cancelledFlag", "value": cancelled}]);
    msp.as_person(Method::PATCH, "finance/agreements/104", &set(true)).await;
    changes_seats(&msp, 5).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "failed");
    msp.as_person(Method::PATCH, "finance/agreements/104", &set(false)).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "synced");
    assert_eq!(msp.addition()["quantity"], 5);
}

#[tokio::test]
async fn a_transient_rejection_is_pending_until_it_succeeds() {
    let msp = Msp::with_tenant().await;
    msp.faults(json!([{"method": "PATCH", "path": "/finance/*", "status": 503}]));
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.wait_for_additions().await;
    let row = msp.row().await;
    assert_eq!((&row["state"], row.get("requiredAction")), (&json!("pending"), None), "{row}");
    assert!(row["reason"].as_str().unwrap().len() > 15, "{row}");
    msp.faults(json!([]));
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "synced");
    assert_eq!(msp.addition()["quantity"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_retries_recreate_one_addition() {
    let msp = Msp::with_tenant().await;
    msp.deletes(BLUE_BACKUP, &msp.addition()["id"].clone()).await;
    changes_seats(&msp, 5).await;
    let again = one(true);
    let (first, second) = join(msp.post(RETRY, &again), msp.post(RETRY, &again)).await;
    assert_eq!((first.0, second.0), (200, 200), "{first:?} {second:?}");
    assert_eq!((&msp.addition()["quantity"], &msp.row().await["state"]), (&json!(5), &json!("synced")));
}

#[tokio::test]
async fn a_deleted_product_is_recreated_and_the_addition_retried() {
    let msp = Msp::billing().await;
    let old = msp.product(BACKUP);
    msp.as_person(Method::DELETE, &format!("procurement/catalog/{old}"), &json!({})).await;
    msp.done(ORDER, &order(json!({}))).await;
    msp.wait_for_additions().await;
    let (reason, required_action) = msp.failed().await;
    assert!(reason.contains("product"), "{reason}");
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "synced");
    assert_eq!((&msp.addition()["quantity"], &msp.addition()["unitPrice"]), (&json!(3), &json!(3.5)));
    assert_ne!(msp.product(BACKUP), old);
    assert!(required_action.contains("portal/plans/create"), "{required_action}");
}

#[tokio::test]
async fn another_addition_has_an_entry_even_if_the_request_is_cut_off() {
    let mut msp = Msp::with_tenant().await;
    let faults = msp.bss.stack.dynamodb.faults().clone();
    let mut completed = false;
    for writes in 0..20 {
        let old = msp.addition()["id"].clone();
        msp.deletes(BLUE_BACKUP, &old).await;
        let cut = json!({
            "path": "/", "after": writes, "status": 400,
            "body": {"__type": "com.amazon.coral.validate#ValidationException", "message": "as asked"},
            "header": {"name": "x-amz-target", "value": "*.PutItem"},
        });
        faults.set(serde_json::from_value(json!([cut])).unwrap());
        completed = msp.post(RETRY, &one(true)).await.0 == 200;
        faults.clear();

        // The lease of a request that was cut off ends, and so does the time in which ConnectWise may still answer it.
        msp.bss.stack.clock.advance(SignedDuration::from_mins(6));
        msp = msp.with_new_session().await;
        let rows = msp.done(RETRY, &one(true)).await;
        assert_eq!(rows[0]["state"], "synced", "{writes}: {rows}");
        assert_ne!(msp.addition()["id"], old, "{writes}");
        let page = msp.get("history/list?action=additions/retry&limit=1000").await;
        let from = format!("addition: {old}");
        let entries: Vec<_> =
            page["history"].as_array().unwrap().iter().filter(|entry| entry["from"] == from.as_str()).collect();
        assert!(!entries.is_empty(), "{writes}: {page}");
        let to = format!("addition: {}", msp.addition()["id"]);
        assert!(!completed || entries.iter().any(|entry| entry["to"] == to.as_str()), "{writes}: {page}");
        if completed {
            break;
        }
    }
    assert!(completed, "no request was left whole");
}
