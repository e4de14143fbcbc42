//! `GET portal/links/list`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::bodies::{ACME, MANAGED, link, order, plan, sells};
use crate::portal::msp::{CREATE_PLAN, LINK, Msp, ORDER, masked};

#[tokio::test]
async fn lists_the_links() {
    let msp = Msp::signed_in().await;
    assert_eq!(msp.list("links").await, json!([]));
    msp.set_up_connectwise().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp.done(ORDER, &order(json!({}))).await;
    sells(&msp.bss).await;
    let second = msp.bss.organizations()[1]["id"].clone();
    let acme = json!({"organization": second, "company": ACME, "agreement": MANAGED, "unitPrice": 2.5});
    msp.done(LINK, &link(acme)).await;
    let mut links = msp.list("links").await.as_array().unwrap().clone();
    let pages = msp.pages("links", 1).await;
    assert_eq!((pages.concat(), pages.len()), (links.clone(), 3), "a full page may be the last one");
    for wrong in ["limit=0", "limit=x", "after=nothing"] {
        msp.refused_get(ErrorCode::FieldsInvalid, &format!("links/list?{wrong}")).await;
    }
    links.sort_by_key(|link| link["account"].as_str().unwrap().to_owned());
    insta::assert_json_snapshot!(masked(json!(links)));
}
