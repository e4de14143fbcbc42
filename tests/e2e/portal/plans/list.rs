//! `GET portal/plans/list`

use serde_json::json;

use crate::client::PERSONAL;
use crate::portal::msp::bodies::{archiver, plan};
use crate::portal::msp::{CREATE_PLAN, Msp};

#[tokio::test]
async fn lists_the_plans() {
    let msp = Msp::signed_in().await;
    assert_eq!(msp.list("plans").await, json!([]));
    msp.set_up_connectwise().await;
    msp.done(CREATE_PLAN, &archiver(json!({"trial": true}))).await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    let personal = json!({"name": "Basic 5 GB", "productType": "personal", "price": 2, "plan": PERSONAL});
    msp.done(CREATE_PLAN, &plan(personal)).await;
    msp.done("plans/deactivate", &json!({"plan": PERSONAL})).await;
    let plans = msp.list("plans").await;
    assert_eq!(json!(msp.pages("plans", 1).await.concat()), plans);
    insta::assert_json_snapshot!(plans);
}
