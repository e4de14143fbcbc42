//! `POST portal/organizations/update`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{ARCHIVER, BACKUP, ORGANIZATION, PERSONAL};
use crate::portal::msp::bodies::{ACME, BLUE_BACKUP, BLUE_LIGHT, archiver, company, order, plan};
use crate::portal::msp::{CREATE_PLAN, Msp, ORDER, SUSPEND, UNSUBSCRIBE, UPDATE};

#[tokio::test]
async fn changes_the_seats() {
    let msp = Msp::with_tenant().await;
    let before = msp.addition();
    let changed = msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    assert_eq!((&changed["seats"], &changed["subscription"]), (&json!(5), &json!("20-1")));
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 5}));
    msp.wait_for_additions().await;
    let addition = msp.addition();
    assert_eq!((&addition["quantity"], &addition["id"]), (&json!(5), &before["id"]));
    assert_eq!(addition["effectiveDate"], before["effectiveDate"]);
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 2})).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["quantity"], 2);
}

#[tokio::test]
async fn another_plan_applies_its_product_and_price() {
    let msp = Msp::with_tenant().await;
    msp.done(CREATE_PLAN, &archiver(json!({}))).await;
    let before = msp.addition();
    let changed = msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "plan": ARCHIVER})).await;
    assert_eq!((&changed["plan"], &changed["seats"]), (&json!(ARCHIVER), &json!(3)));
    msp.wait_for_additions().await;
    let addition = msp.addition();
    assert_eq!((&addition["id"], &addition["product"]["id"]), (&before["id"], &json!(msp.product(ARCHIVER))));
    assert_eq!((&addition["quantity"], &addition["unitPrice"]), (&json!(3), &json!(6)));
    let text = msp.products()[1]["customerDescription"].clone();
    assert_eq!(addition["invoiceDescription"], text);
    let both = json!({"company": BLUE_LIGHT, "plan": BACKUP, "seats": 9});
    msp.done(UPDATE, &both).await;
    msp.wait_for_additions().await;
    assert_eq!((&msp.addition()["quantity"], &msp.addition()["unitPrice"]), (&json!(9), &json!(3.5)));
}

#[tokio::test]
async fn a_price_set_by_a_person_is_kept() {
    let msp = Msp::with_tenant().await;
    msp.done(CREATE_PLAN, &archiver(json!({}))).await;
    let id = msp.addition()["id"].clone();
    msp.sets(BLUE_BACKUP, &id, "unitPrice", json!(2.25)).await;
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.wait_for_additions().await;
    assert_eq!((&msp.addition()["quantity"], &msp.addition()["unitPrice"]), (&json!(5), &json!(2.25)));
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "plan": ARCHIVER})).await;
    msp.wait_for_additions().await;
    let addition = msp.addition();
    assert_eq!((&addition["product"]["id"], &addition["unitPrice"]), (&json!(msp.product(ARCHIVER)), &json!(2.25)));
    assert_eq!(addition["quantity"], 5);
}

#[tokio::test]
async fn a_trial_converts_to_paid() {
    let msp = Msp::billing().await;
    msp.done(CREATE_PLAN, &archiver(json!({"trial": true}))).await;
    msp.done(ORDER, &order(json!({"plan": ARCHIVER}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["billCustomer"], "NoCharge");
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "plan": BACKUP})).await;
    msp.wait_for_additions().await;
    assert_eq!((&msp.addition()["billCustomer"], &msp.addition()["unitPrice"]), (&json!("Billable"), &json!(3.5)));
}

#[tokio::test]
async fn a_paid_subscription_stays_paid_if_its_plan_is_sold_as_a_trial() {
    let msp = Msp::with_tenant().await;
    msp.done(CREATE_PLAN, &plan(json!({"trial": true}))).await;
    for (path, body) in [
        (UPDATE, json!({"company": BLUE_LIGHT, "seats": 4})),
        (UPDATE, json!({"company": BLUE_LIGHT, "seats": 5, "plan": BACKUP})),
        (ORDER, order(json!({"seats": 6}))),
    ] {
        assert_eq!(msp.done(path, &body).await["trial"], false, "{path}: {body}");
    }
    msp.invalid_fields(&["trial"], UPDATE, &json!({"company": BLUE_LIGHT, "trial": true})).await;
    msp.invalid_fields(&["trial"], ORDER, &order(json!({"trial": true}))).await;
    msp.wait_for_additions().await;
    assert_eq!((&msp.addition()["billCustomer"], &msp.addition()["quantity"]), (&json!("Billable"), &json!(6)));
}

#[tokio::test]
async fn a_plan_is_sold_as_a_trial_and_converted_on_the_same_plan() {
    let msp = Msp::billing().await;
    assert_eq!(msp.done(ORDER, &order(json!({"trial": true}))).await["trial"], true);
    let changed = msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 4})).await;
    assert_eq!(changed["trial"], true, "omitted fields are unchanged");
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["billCustomer"], "NoCharge");
    let paid = msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "trial": false})).await;
    assert_eq!((&paid["trial"], &paid["plan"], &paid["seats"]), (&json!(false), &json!(BACKUP), &json!(4)));
    msp.wait_for_additions().await;
    assert_eq!((&msp.addition()["billCustomer"], &msp.addition()["unitPrice"]), (&json!("Billable"), &json!(3.5)));
}

#[tokio::test]
async fn invalid_fields_are_named() {
    let msp = Msp::with_tenant().await;
    let before = (msp.bss.vendor(), msp.addition());
    msp.refused(ErrorCode::SubscriptionUnknown, UPDATE, &json!({"company": ACME, "seats": 5})).await;
    msp.invalid_fields(&["seats"], UPDATE, &json!({"company": BLUE_LIGHT, "seats": 0})).await;
    msp.invalid_fields(&["plan"], UPDATE, &json!({"company": BLUE_LIGHT, "plan": ARCHIVER})).await;
    msp.invalid_fields(&["company"], UPDATE, &json!({"seats": 5})).await;
    msp.bss.at_vendor(ORGANIZATION, json!({"seats_used": 3})).await;
    msp.refused(ErrorCode::SeatsInUse, UPDATE, &json!({"company": BLUE_LIGHT, "seats": 2})).await;
    msp.bss.at_vendor(ORGANIZATION, json!({"seats_used": 0})).await;
    msp.wait_for_additions().await;
    assert_eq!((msp.bss.vendor(), msp.addition()), before);
    msp.done(SUSPEND, &company(BLUE_LIGHT)).await;
    msp.refused(ErrorCode::StateConflict, UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.refused(ErrorCode::StateConflict, UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
}

#[tokio::test]
async fn storage_changes_with_the_plan() {
    let msp = Msp::billing().await;
    let (small, large) = (PERSONAL, "16921-6-3387-14");
    for (name, id, price) in [("Basic 5 GB", small, 2), ("Basic 10 GB", large, 3)] {
        let personal = json!({"name": name, "productType": "personal", "price": price, "plan": id});
        msp.done(CREATE_PLAN, &plan(personal)).await;
    }
    msp.done(ORDER, &order(json!({"plan": small, "seats": null}))).await;
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "plan": large})).await;
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": large}));
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["product"]["id"], msp.product(large));
    assert_eq!((&msp.addition()["quantity"], &msp.addition()["unitPrice"]), (&json!(1), &json!(3)));
}

#[tokio::test]
async fn the_price_is_set_kept_and_reset_to_the_catalogs() {
    let msp = Msp::with_tenant().await;
    let (change, link) = (json!({"company": BLUE_LIGHT, "unitPrice": 2.75}), "links");
    let linked_at = msp.list(link).await[0]["linkedAt"].clone();
    msp.done(UPDATE, &change).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.list(link).await[0]["unitPrice"], 2.75);
    assert_eq!((&msp.addition()["unitPrice"], &msp.addition()["quantity"]), (&json!(2.75), &json!(3)));
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 4})).await;
    assert_eq!(msp.list(link).await[0]["unitPrice"], 2.75, "omitted fields are unchanged");
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "unitPrice": null})).await;
    let linked = msp.list(link).await[0].clone();
    assert_eq!((linked.get("unitPrice"), &linked["linkedAt"]), (None, &linked_at));
    for wrong in [json!(-1), json!(0.00001), json!(1_000_001)] {
        msp.invalid_fields(&["unitPrice"], UPDATE, &json!({"company": BLUE_LIGHT, "seats": 9, "unitPrice": wrong}))
            .await;
    }
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 4}));
}

#[tokio::test]
async fn a_converted_trial_is_billed_from_next_month_on() {
    for bought_as in [ARCHIVER, BACKUP] {
        let msp = Msp::billing().await;
        msp.done(CREATE_PLAN, &archiver(json!({"trial": true}))).await;
        msp.done(ORDER, &order(json!({"plan": ARCHIVER}))).await;
        msp.wait_for_additions().await;
        let msp = msp.at("2031-06-10T12:00:00Z").await;
        msp.done(CREATE_PLAN, &archiver(json!({"trial": false}))).await;
        msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "plan": bought_as})).await;
        msp.wait_for_additions().await;
        let additions = msp.additions();
        assert_eq!(additions.len(), 2, "{additions:?}");
        let (trial, bought) = (&additions[0], &additions[1]);
        let shown = json!(["NoCharge", "2031-06-01T00:00:00Z", "2031-06-30T00:00:00Z"]);
        assert_eq!(json!([trial["billCustomer"], trial["effectiveDate"], trial["cancelledDate"]]), shown);
        let billed = json!(["Billable", "2031-07-01T00:00:00Z", null, msp.product(bought_as)]);
        let (from, product) = (&bought["effectiveDate"], &bought["product"]["id"]);
        assert_eq!(json!([bought["billCustomer"], from, bought.get("cancelledDate"), product]), billed);
    }
}
