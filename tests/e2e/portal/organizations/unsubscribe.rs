//! `POST portal/organizations/unsubscribe`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::ORGANIZATION;
use crate::portal::msp::bodies::{ACME, BLUE_BACKUP, BLUE_LIGHT, company, order, plan};
use crate::portal::msp::{CREATE_PLAN, Msp, ORDER, RETRY, SUSPEND, UNSUBSCRIBE};

#[tokio::test]
async fn an_unbilled_addition_is_never_billed() {
    let msp = Msp::with_tenant().await;
    let ended = msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    assert_eq!(ended["state"], "cancelled");
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
    msp.wait_for_additions().await;
    let addition = msp.addition();
    assert_eq!((&addition["quantity"], &addition["billCustomer"]), (&json!(0), &json!("DoNotBill")));
    assert_eq!(
        (&addition["effectiveDate"], &addition["cancelledDate"]),
        (&json!("2031-06-01T00:00:00Z"), &json!("2031-06-01T00:00:00Z"))
    );
    let row = msp.row().await;
    assert_eq!(
        (&row["state"], &row["ended"], &row["planName"]),
        (&json!("synced"), &json!(true), &json!("Business Backup"))
    );
    for absent in ["quantity", "unitPrice", "cancelledDate"] {
        assert_eq!(row.get(absent), None, "it is never billed: {row}");
    }
}

#[tokio::test]
async fn an_addition_in_effect_is_billed_to_the_end_of_the_month() {
    for (moment, expected) in [
        ("2031-06-10T12:00:00Z", "2031-06-30T00:00:00Z"),
        // Still June in the MSP's time zone.
        ("2031-07-01T02:00:00Z", "2031-06-30T00:00:00Z"),
        ("2031-07-01T05:00:00Z", "2031-07-31T00:00:00Z"),
    ] {
        let msp = Msp::with_tenant().await;
        let msp = msp.at(moment).await;
        msp.invoices(BLUE_BACKUP).await;
        msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
        msp.wait_for_additions().await;
        let addition = msp.addition();
        assert_eq!(addition["cancelledDate"], expected, "{moment}");
        let row = msp.row().await;
        let dates = (row["effectiveDate"].as_str(), row["cancelledDate"].as_str());
        assert_eq!(dates, (Some("2031-06-01"), expected.get(..10)), "{moment}");
        assert_eq!((&addition["quantity"], &addition["billCustomer"]), (&json!(3), &json!("Billable")));
    }
}

#[tokio::test]
async fn invoiced_periods_are_not_refunded() {
    let msp = Msp::with_tenant().await;
    let msp = msp.at("2031-06-10T12:00:00Z").await;
    for _ in 6..=8 {
        msp.invoices(BLUE_BACKUP).await;
    }
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["cancelledDate"], "2031-08-31T00:00:00Z");
}

#[tokio::test]
async fn a_repeated_call_has_no_effect() {
    let msp = Msp::with_tenant().await;
    let first = msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    let before = (msp.bss.vendor(), msp.addition());
    assert_eq!(msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await, first);
    msp.wait_for_additions().await;
    assert_eq!((msp.bss.vendor(), msp.addition()), before);
    msp.refused(ErrorCode::SubscriptionUnknown, UNSUBSCRIBE, &company(ACME)).await;
}

#[tokio::test]
async fn a_suspended_organization_can_be_unsubscribed() {
    let msp = Msp::with_tenant().await;
    msp.done(SUSPEND, &company(BLUE_LIGHT)).await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["cancelledDate"], "2031-06-01T00:00:00Z");
}

#[tokio::test]
async fn a_new_order_after_it_is_a_new_subscription() {
    let msp = Msp::with_tenant().await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    let first = msp.addition();
    let again = msp.done(ORDER, &order(json!({"seats": 4}))).await;
    assert_eq!((&again["subscription"], &again["organization"]), (&json!("20-2"), &json!(ORGANIZATION)));
    assert_eq!(msp.bss.organizations().len(), 1);
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false, "seats_available": 4}));
    msp.wait_for_additions().await;
    let additions = msp.additions();
    assert_eq!(additions.len(), 2, "{additions:?}");
    assert_eq!(additions[0], first, "the ended addition is unchanged");
    assert_eq!((&additions[1]["quantity"], &additions[1]["billCustomer"]), (&json!(4), &json!("Billable")));
    assert_eq!(
        (&additions[1]["effectiveDate"], additions[1].get("cancelledDate")),
        (&json!("2031-06-01T00:00:00Z"), None)
    );
    assert_eq!(msp.rows().await.len(), 2);
}

#[tokio::test]
async fn without_an_addition_there_is_nothing_to_end() {
    let msp = Msp::set_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp.refused(ErrorCode::SubscriptionUnknown, UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.invalid_fields(&["company"], UNSUBSCRIBE, &json!({})).await;
}

#[tokio::test]
async fn a_delayed_event_ends_the_addition_at_the_original_date() {
    let msp = Msp::with_tenant().await;
    let msp = msp.at("2031-06-10T12:00:00Z").await;
    msp.invoices(BLUE_BACKUP).await;
    msp.in_maintenance("*");
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.row().await["state"], "pending");
    msp.faults(json!([]));
    let later = msp.at("2031-07-05T12:00:00Z").await;
    assert_eq!(later.done(RETRY, &json!({})).await[0]["state"], "synced");
    assert_eq!(msp.addition()["cancelledDate"], "2031-06-30T00:00:00Z");
}

#[tokio::test]
async fn a_subscription_that_ends_before_it_is_billed_is_not_billed() {
    let msp = Msp::billing().await;
    msp.done(ORDER, &order(json!({}))).await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    assert!(
        msp.additions().iter().all(|addition| addition["quantity"] == 0 && addition["billCustomer"] == "DoNotBill")
    );
    assert!(msp.rows().await.iter().all(|row| row["state"] != "failed" && row["state"] != "pending"));
}

#[tokio::test]
async fn one_denial_ends_nothing() {
    let msp = Msp::with_tenant().await;
    for path in [UNSUBSCRIBE, SUSPEND] {
        msp.bss.vendor_faults(json!([{"method": "GET", "path": "/users/*", "times": 1, "status": 404}]));
        msp.refused(ErrorCode::MissingAtVendor, path, &company(BLUE_LIGHT)).await;
    }
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false, "flg_suspended": false}));
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
}
