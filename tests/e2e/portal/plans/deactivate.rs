//! `POST portal/plans/deactivate`

use serde_json::json;

use crate::client::{ARCHIVER, BACKUP};
use crate::portal::msp::{
    ACME, ACTIVATE, BLUE_LIGHT, CREATE_PLAN, MANAGED, Msp, ORDER, SUSPEND, UPDATE, archiver, company, order, plan,
};

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
    msp.faulty(&["plan"], ORDER, &another()).await;
    assert_eq!(msp.bss.writes(), [""; 0]);
    msp.faulty(&["plan"], DEACTIVATE, &json!({"plan": ARCHIVER})).await;
}

#[tokio::test]
async fn what_runs_on_it_goes_on_and_can_be_changed() {
    let Some(msp) = Msp::with_tenant().await else { return };
    msp.done(CREATE_PLAN, &archiver(json!({}))).await;
    for plan in [BACKUP, ARCHIVER] {
        msp.done(DEACTIVATE, &json!({"plan": plan})).await;
    }
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 7})).await;
    msp.settled().await;
    assert_eq!((&msp.line()["quantity"], &msp.row().await["state"]), (&json!(7), &json!("applied")));
    msp.faulty(&["plan"], UPDATE, &json!({"company": BLUE_LIGHT, "plan": ARCHIVER})).await;
    msp.done(SUSPEND, &company(BLUE_LIGHT)).await;
    msp.done(ACTIVATE, &company(BLUE_LIGHT)).await;
    msp.faulty(&["plan"], ORDER, &another()).await;
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
