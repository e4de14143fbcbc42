//! Authentication and authorization.

use reqwest::Method;
use serde_json::{Value, json};

use super::{DEMO, OTHER, Vendor, acme, sent, skus, trial, with};

const STANDARD: [(&str, u32); 1] = [("TEAM-ST3L5TVD1Y", 1)];

#[tokio::test]
async fn credentials_must_belong_to_a_partner() {
    let vendor = Vendor::start().await;
    let list = || vendor.request(Method::POST, "/2/resellers/team/list2").json(&json!({ "reseller_ids": ["R-2001"] }));
    let invalid = json!({ "error_summary": "invalid_client/..", "error": { ".tag": "invalid_client" } });
    assert_eq!(sent(list()).await.unwrap(), (401, invalid.clone()));
    let (status, text) = sent(list().basic_auth(DEMO.user, Some(OTHER.password))).await.unwrap();
    assert!(status == 401 && text.is_string(), "{text}");
    assert_eq!(sent(list().header("Authorization", "Basic %%%")).await.unwrap(), (401, invalid));
    assert_eq!(sent(list().bearer_auth("ZHJvcGJveA==")).await.unwrap().0, 401);
    assert_eq!(sent(list().basic_auth(DEMO.user, Some(DEMO.password))).await.unwrap(), (200, json!({ "teams": [] })));
}

#[tokio::test]
async fn credentials_are_checked_before_the_body() {
    let vendor = Vendor::start().await;
    let broken = vendor.request(Method::POST, "/2/resellers/team/create").body("{");
    assert_eq!(sent(broken).await.unwrap().0, 401);
}

#[tokio::test]
async fn reseller_ids_must_belong_to_the_caller() {
    let vendor = Vendor::start().await;
    for ids in [
        json!([]),
        json!(["R-9001"]),
        json!(["D-9000", "R-2001"]),
        json!(["R-2001", "R-2001"]),
        json!(["R-2001", "R-2002"]),
        json!(["D-1000"]),
        json!(["r-2001"]),
    ] {
        let body = with(acme(1, skus(&STANDARD)), "reseller_ids", ids.clone());
        assert_eq!(vendor.tag("create", body).await, "reseller_ids_invalid", "{ids}");
    }
    assert_eq!(vendor.tag("list2", json!({ "reseller_ids": [] })).await, "reseller_ids_invalid");
    assert_eq!(vendor.tag("list2", json!({ "reseller_ids": ["D-1000", "R-9001"] })).await, "reseller_ids_invalid");
    assert_eq!(vendor.sandbox.state_json()["teams"], json!([]));
}

#[tokio::test]
async fn lifecycle_calls_require_only_the_resellers_id() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, skus(&STANDARD)).await;
    for ids in [json!(["D-1000", "R-2001"]), json!(["D-1000"]), json!(["R-2001", "R-2002"])] {
        let body = json!({ "id": team["id"], "reseller_ids": ids });
        assert_eq!(vendor.tag("cancel", body.clone()).await, "reseller_ids_invalid");
        assert_eq!(vendor.tag("reinstate", with(body, "skus", skus(&STANDARD))).await, "reseller_ids_invalid");
    }
    assert_eq!(vendor.shown(&team).await["active"], true);
}

#[tokio::test]
async fn teams_are_visible_to_their_reseller_and_distributor_only() {
    let vendor = Vendor::start().await;
    let first = vendor.created(1, skus(&STANDARD)).await;
    let second = with(acme(2, skus(&STANDARD)), "reseller_ids", json!(["R-2002"]));
    let second = vendor.done("create", second).await;
    assert_eq!(second["reseller_ids"], json!(["D-1000", "R-2002"]));
    for (ids, teams) in [
        (json!(["R-2001"]), json!([first])),
        (json!(["R-2002"]), json!([second])),
        (json!(["D-1000"]), json!([first, second])),
        (json!(["D-1000", "R-2002"]), json!([second])),
    ] {
        assert_eq!(vendor.done("list2", json!({ "reseller_ids": ids })).await, json!({ "teams": teams }));
    }
    let get = |ids: Value| json!({ "id": first["id"], "reseller_ids": ids });
    assert_eq!(vendor.done("get", get(json!(["R-2001"]))).await, first);
    assert_eq!(vendor.done("get", get(json!(["D-1000", "R-2001"]))).await, first);
    for action in ["get", "cancel"] {
        assert_eq!(vendor.tag(action, get(json!(["R-2002"]))).await, "team_not_found");
    }
    assert_eq!(vendor.tag("get", get(json!(["D-1000", "R-2002"]))).await, "team_not_found");
    let (status, answer) = vendor.ask(OTHER, "get", get(json!(["D-9000", "R-9001"]))).await;
    assert_eq!((status, super::tag(&answer).as_str()), (409, "team_not_found"));
    let others = vendor.ask(OTHER, "list2", json!({ "reseller_ids": ["D-9000"] })).await;
    assert_eq!(others, (200, json!({ "teams": [] })));
}

#[tokio::test]
async fn an_email_is_unique_across_partners() {
    let vendor = Vendor::start().await;
    let team = vendor.done("create", trial(1, "TEAM-ST3L5TVD1Y")).await;
    let again = with(acme(2, skus(&STANDARD)), "invite_admin", json!("ADMIN1@acme.example"));
    assert_eq!(vendor.tag("create", again.clone()).await, "user_on_another_team");
    vendor.done("cancel", super::of(&team)).await;
    let elsewhere = with(again.clone(), "reseller_ids", json!(["R-9001"]));
    let (status, answer) = vendor.ask(OTHER, "create", elsewhere).await;
    assert_eq!((status, super::tag(&answer).as_str()), (409, "user_on_another_team"));
    vendor.sandbox.tolerate_duplicates();
    vendor.done("create", again).await;
}
