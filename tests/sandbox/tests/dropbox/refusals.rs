//! Error shapes, and invalid bodies.

use reqwest::Method;
use serde_json::{Value, json};

use super::{DEMO, Vendor, acme, sent, skus, with};

#[tokio::test]
async fn an_error_has_four_shapes() {
    let vendor = Vendor::start().await;
    let get = || vendor.ask(DEMO, "get", json!({ "id": "dbtid:none", "reseller_ids": ["R-2001"] }));
    let text = "There is no such team.";
    let shapes = [
        json!({ "error_summary": "team_not_found/..", "error": { ".tag": "team_not_found" } }),
        json!({
            "error_summary": "team_not_found/.", "error": "team_not_found",
            "user_message": { "text": text, "locale": "en" }
        }),
        json!({ "error_summary": "team_not_found", "user_message": text }),
        json!({
            "error_summary": "team_not_found/…/",
            "error": { ".tag": "team_not_found", "user_message": { "text": text } }
        }),
    ];
    for shape in shapes.iter().chain(shapes.iter().take(1)) {
        assert_eq!(get().await, (409, shape.clone()));
    }
    vendor.sandbox.reset().unwrap();
    assert_eq!(get().await, (409, shapes[0].clone()));
}

#[tokio::test]
async fn bodies_are_validated_strictly() {
    let vendor = Vendor::start().await;
    let body = || acme(1, skus(&[("TEAM-ST3L5TVD1Y", 1)]));
    let mut missing = body();
    missing.as_object_mut().unwrap().remove("country_code");
    for (body, reason) in [
        (with(body(), "colour", json!("red")), "unknown field `colour`"),
        (missing, "missing field `country_code`"),
        (with(body(), "is_trial", json!("no")), "invalid type: string \"no\", expected a boolean"),
        (with(body(), "name", Value::Null), "invalid type: null"),
        (with(body(), "reseller_ids", json!("R-2001")), "expected a sequence"),
        (with(body(), "skus", json!([{ "sku_id": "TEAM-ST3L5TVD1Y", "quantity": "1" }])), "expected u32"),
        (with(body(), "skus", json!([{ "sku_id": "TEAM-ST3L5TVD1Y", "quantity": -1 }])), "expected u32"),
        (with(body(), "skus", json!([{ "sku_id": "TEAM-ST3L5TVD1Y", "count": 1 }])), "unknown field `count`"),
        (json!(["Acme", "DE", "a@acme.example", ["R-2001"], false, []]), "expected an object"),
    ] {
        let (status, answer) = vendor.ask(DEMO, "create", body).await;
        let answer = answer.as_str().unwrap();
        let start = "Error in call to API function \"resellers/team/create\": request body: ";
        assert!(status == 400 && answer.starts_with(start) && answer.contains(reason), "{status} {answer}");
    }
    for action in ["get", "list2", "skus/modify", "auto_renew/modify", "cancel", "reinstate", "migrate"] {
        let (status, answer) = vendor.ask(DEMO, action, json!({ "nothing": 1 })).await;
        let start = format!("Error in call to API function \"resellers/team/{action}\": request body: unknown field");
        assert!(status == 400 && answer.as_str().unwrap().starts_with(&start), "{status} {answer}");
    }
    assert_eq!(vendor.sandbox.state_json()["teams"], json!([]));
}

#[tokio::test]
async fn the_content_type_must_be_json() {
    let vendor = Vendor::start().await;
    let list = || {
        let request = vendor.request(Method::POST, "/2/resellers/team/list2");
        request.basic_auth(DEMO.user, Some(DEMO.password)).body(r#"{"reseller_ids":["R-2001"]}"#)
    };
    let (status, answer) = sent(list()).await.unwrap();
    assert!(status == 400 && answer.as_str().unwrap().contains("Content-Type"), "{answer}");
    let charset = list().header("Content-Type", "application/json; charset=utf-8");
    assert_eq!(sent(charset).await.unwrap(), (200, json!({ "teams": [] })));
}

#[tokio::test]
async fn other_paths_and_methods() {
    let vendor = Vendor::start().await;
    for path in ["/2/resellers/team/list", "/2/nothing", "/nothing"] {
        assert_eq!(sent(vendor.request(Method::POST, path)).await.unwrap(), (404, json!("Not Found")));
    }
    let (status, answer) = sent(vendor.request(Method::GET, "/2/resellers/team/get")).await.unwrap();
    let reason = "Error in call to API function \"resellers/team/get\": Your request's HTTP method must be \"POST\".";
    assert_eq!((status, answer), (405, json!(reason)));
}
