//! `GET portal/plans/list`

use serde_json::json;

use crate::client::PERSONAL;
use crate::portal::msp::{CREATE_PLAN, Msp, archiver, plan};

#[tokio::test]
async fn tells_what_is_offered() {
    let msp = Msp::signed_in().await;
    assert_eq!(msp.get("plans/list").await, json!([]));
    msp.sets_up().await;
    msp.done(CREATE_PLAN, &archiver(json!({"trial": true}))).await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    let personal = json!({"name": "Basic 5 GB", "productType": "personal", "price": 2, "plan": PERSONAL});
    msp.done(CREATE_PLAN, &plan(personal)).await;
    msp.done("plans/deactivate", &json!({"plan": PERSONAL})).await;
    insta::assert_json_snapshot!(msp.get("plans/list").await);
}
