//! `POST portal/plans/deactivate`

use serde_json::json;

use crate::client::{ARCHIVER, BACKUP};
use crate::portal::msp::bodies::{ACME, BLUE_LIGHT, MANAGED, archiver, company, order, plan};
use crate::portal::msp::{ACTIVATE, CREATE_PLAN, Msp, ORDER, SUSPEND, UPDATE};

const DEACTIVATE: &str = "plans/deactivate";

fn another() -> serde_json::Value {
    order(json!({"company": ACME, "agreement": MANAGED, "email": "ann@acme.example", "businessName": "Acme"}))
}

#[tokio::test]
async fn takes_a_plan_off_sale() {
    let msp = Msp::set_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    let off = msp.done(DEACTIVATE, &json!({"plan": BACKUP})).await;
    assert_eq!(off["active"], false);
    assert_eq!(msp.products()[0]["inactiveFlag"], true);
    assert_eq!(msp.done(DEACTIVATE, &json!({"plan": BACKUP})).await, off);
    msp.invalid_fields(&["plan"], ORDER, &another()).await;
    assert_eq!(msp.bss.writes(), [""; 0]);
    msp.invalid_fields(&["plan"], DEACTIVATE, &json!({"plan": ARCHIVER})).await;
}

#[tokio::test]
async fn existing_subscriptions_continue_and_can_be_changed() {
    let msp = Msp::with_tenant().await;
    msp.done(CREATE_PLAN, &archiver(json!({}))).await;
    for plan in [BACKUP, ARCHIVER] {
        msp.done(DEACTIVATE, &json!({"plan": plan})).await;
    }
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 7})).await;
    msp.wait_for_additions().await;
    assert_eq!((&msp.addition()["quantity"], &msp.row().await["state"]), (&json!(7), &json!("synced")));
    msp.invalid_fields(&["plan"], UPDATE, &json!({"company": BLUE_LIGHT, "plan": ARCHIVER})).await;
    msp.done(SUSPEND, &company(BLUE_LIGHT)).await;
    msp.done(ACTIVATE, &company(BLUE_LIGHT)).await;
    msp.invalid_fields(&["plan"], ORDER, &another()).await;
}

#[tokio::test]
async fn creating_it_again_puts_it_on_sale_again() {
    let msp = Msp::set_up().await;
    let first = msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp.done(DEACTIVATE, &json!({"plan": BACKUP})).await;
    assert_eq!(msp.done(CREATE_PLAN, &plan(json!({}))).await, first);
    assert_eq!(msp.products()[0]["inactiveFlag"], false);
    msp.done(ORDER, &another()).await;
}
