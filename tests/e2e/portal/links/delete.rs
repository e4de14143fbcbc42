//! `POST portal/links/delete`

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::known_service;
use crate::portal::msp::{ACME, LINK, MANAGED, Msp, UNLINK, link, sells};

fn account() -> Value {
    json!({"application": "b1a7c0de-0000-4000-8000-000000000001", "account": "1001"})
}

async fn linked() -> Option<Msp> {
    let msp = Msp::billing().await?;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.settled().await;
    Some(msp)
}

#[tokio::test]
async fn leaves_the_addition_and_says_so() {
    let Some(msp) = linked().await else { return };
    let line = msp.line();
    msp.done(UNLINK, &account()).await;
    assert_eq!(msp.get("links/list").await, json!([]));
    msp.settled().await;
    assert_eq!(msp.line(), line);
    let row = msp.row().await;
    assert_eq!((&row["state"], &row["addition"]), (&json!("unlinked"), &line["id"]));
    msp.bss.done("subscriptions/update", &known_service(9, json!({}))).await;
    msp.settled().await;
    assert_eq!(msp.line(), line, "what is not linked is left alone");
    msp.done(UNLINK, &account()).await;
}

#[tokio::test]
async fn linked_again_it_is_the_same_addition() {
    let Some(msp) = linked().await else { return };
    let line = msp.line();
    msp.done(UNLINK, &account()).await;
    msp.settled().await;
    msp.bss.done("subscriptions/update", &known_service(9, json!({}))).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.settled().await;
    assert_eq!((&msp.line()["id"], &msp.line()["quantity"]), (&line["id"], &json!(9)));
    assert_eq!(msp.row().await["state"], "applied");
}

#[tokio::test]
async fn linked_elsewhere_the_addition_moves() {
    let Some(msp) = linked().await else { return };
    msp.done(UNLINK, &account()).await;
    msp.settled().await;
    msp.done(LINK, &link(json!({"company": ACME, "agreement": MANAGED}))).await;
    msp.settled().await;
    let lines = msp.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0]["cancelledDate"], "2031-06-01T00:00:00Z");
    assert_eq!((&lines[1]["agreementId"], &lines[1]["quantity"]), (&json!(MANAGED), &json!(5)));
    assert_eq!(msp.row().await["state"], "applied");
}

#[tokio::test]
async fn only_the_msps_own_links_end() {
    let Some(msp) = linked().await else { return };
    let other = msp.other().await;
    other.refused(ErrorCode::ExternalIdTaken, UNLINK, &account()).await;
    assert_eq!(msp.get("links/list").await.as_array().unwrap().len(), 1);
    msp.refused(ErrorCode::BadRequest, UNLINK, &json!({"account": "1001"})).await;
    msp.faulty(&["account"], UNLINK, &json!({"application": "b1a7c0de-0000-4000-8000-000000000001", "account": ""}))
        .await;
}

#[tokio::test]
async fn what_ended_meanwhile_is_not_billed_on_when_it_is_linked_again() {
    let Some(msp) = linked().await else { return };
    msp.done(UNLINK, &account()).await;
    msp.settled().await;
    msp.bss.done("subscriptions/cancel", &known_service(5, json!({}))).await;
    msp.settled().await;
    assert_eq!(msp.line().get("cancelledDate"), None, "what is not linked is left alone");
    msp.done(LINK, &link(json!({}))).await;
    msp.settled().await;
    assert_eq!(msp.line()["cancelledDate"], "2031-06-01T00:00:00Z");
    assert_eq!(msp.row().await["state"], "applied");
}
