//! `GET portal/snoozes/list`

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::merged;
use crate::portal::msp::Msp;
use crate::portal::msp::bodies::BLUE_LIGHT;

#[tokio::test]
async fn lists_companies_kinds_of_errors_and_mailboxes_in_pages() {
    let msp = Msp::with_tenant().await;
    assert_eq!(msp.get("snoozes/list").await, json!({"snoozes": []}));
    let scopes = [
        json!({"company": BLUE_LIGHT}),
        json!({"error": "connection"}),
        json!({"error": "storage"}),
        json!({"mailbox": "ann@acme.example"}),
        json!({"mailbox": "zoe@acme.example"}),
    ];
    for scope in scopes.iter().rev() {
        msp.done("snoozes/save", &merged(scope.clone(), json!({"reason": "Maintenance"}))).await;
    }
    let pages = msp.pages_of("snoozes/list", 2).await;
    assert_eq!(pages.len(), 3);
    let rows: Vec<Value> = pages.iter().flat_map(|page| page["snoozes"].as_array().unwrap().clone()).collect();
    for (row, scope) in rows.iter().zip(scopes) {
        let at = row["at"].clone();
        let expected = json!({"reason": "Maintenance", "by": "portal", "at": at, "active": true});
        assert_eq!(*row, merged(scope, expected));
    }
    assert_eq!(msp.other().await.get("snoozes/list").await, json!({"snoozes": []}));
    for wrong in ["limit=0", "after=x"] {
        msp.refused_get(ErrorCode::FieldsInvalid, &format!("snoozes/list?{wrong}")).await;
    }
}

#[tokio::test]
async fn one_that_has_ended_is_not_active() {
    let msp = Msp::with_tenant().await;
    msp.done("snoozes/save", &json!({"error": "storage", "until": "2031-05-15T16:10:00Z", "reason": "Plans"})).await;
    assert_eq!(msp.get("snoozes/list").await["snoozes"][0]["active"], true);
    let later = msp.at("2031-05-15T16:10:00Z").await;
    assert_eq!(later.get("snoozes/list").await["snoozes"][0]["active"], false);
}
