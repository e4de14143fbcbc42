//! `POST portal/links/delete`

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::known_service;
use crate::portal::msp::bodies::{ACME, MANAGED, link, sells};
use crate::portal::msp::{LINK, Msp, UNLINK};

fn account() -> Value {
    json!({"application": "b1a7c0de-0000-4000-8000-000000000001", "account": "1001"})
}

async fn linked() -> Msp {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.wait_for_additions().await;
    msp
}

#[tokio::test]
async fn keeps_the_addition_and_reports_it() {
    let msp = linked().await;
    let addition = msp.addition();
    msp.done(UNLINK, &account()).await;
    assert_eq!(msp.list("links").await, json!([]));
    msp.wait_for_additions().await;
    assert_eq!(msp.addition(), addition);
    let row = msp.row().await;
    assert_eq!((&row["state"], &row["addition"]), (&json!("unlinked"), &addition["id"]));
    msp.bss.done("subscriptions/update", &known_service(9, json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition(), addition, "an unlinked addition is not changed");
    msp.done(UNLINK, &account()).await;
}

#[tokio::test]
async fn linking_again_uses_the_same_addition() {
    let msp = linked().await;
    let addition = msp.addition();
    msp.done(UNLINK, &account()).await;
    msp.wait_for_additions().await;
    msp.bss.done("subscriptions/update", &known_service(9, json!({}))).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!((&msp.addition()["id"], &msp.addition()["quantity"]), (&addition["id"], &json!(9)));
    assert_eq!(msp.row().await["state"], "synced");
}

#[tokio::test]
async fn linking_elsewhere_moves_the_addition() {
    let msp = linked().await;
    msp.done(UNLINK, &account()).await;
    msp.wait_for_additions().await;
    msp.done(LINK, &link(json!({"company": ACME, "agreement": MANAGED}))).await;
    msp.wait_for_additions().await;
    let additions = msp.additions();
    assert_eq!(additions.len(), 2, "{additions:?}");
    assert_eq!(additions[0]["cancelledDate"], "2031-06-01T00:00:00Z");
    assert_eq!((&additions[1]["agreementId"], &additions[1]["quantity"]), (&json!(MANAGED), &json!(5)));
    assert_eq!(msp.row().await["state"], "synced");
}

#[tokio::test]
async fn only_own_links_can_be_deleted() {
    let msp = linked().await;
    let other = msp.other().await;
    other.refused(ErrorCode::ExternalIdTaken, UNLINK, &account()).await;
    assert_eq!(msp.list("links").await.as_array().unwrap().len(), 1);
    msp.invalid_fields(&["application"], UNLINK, &json!({"account": "1001"})).await;
    msp.invalid_fields(
        &["account"],
        UNLINK,
        &json!({"application": "b1a7c0de-0000-4000-8000-000000000001", "account": ""}),
    )
    .await;
}

#[tokio::test]
async fn a_subscription_that_ended_meanwhile_is_not_billed_when_linked_again() {
    let msp = linked().await;
    msp.done(UNLINK, &account()).await;
    msp.wait_for_additions().await;
    msp.bss.done("subscriptions/cancel", &known_service(5, json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition().get("cancelledDate"), None, "an unlinked addition is not changed");
    msp.done(LINK, &link(json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["cancelledDate"], "2031-06-01T00:00:00Z");
    assert_eq!(msp.row().await["state"], "synced");
}
