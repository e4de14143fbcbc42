//! `POST portal/snoozes/delete`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::Msp;

const DELETE: &str = "snoozes/delete";

#[tokio::test]
async fn deletes_one_of_the_msps_own() {
    let msp = Msp::signed_in().await;
    for error in ["storage", "connection"] {
        msp.done("snoozes/save", &json!({"error": error, "reason": "x"})).await;
    }
    msp.other().await.done(DELETE, &json!({"error": "storage"})).await;
    assert_eq!(msp.list("snoozes").await.as_array().unwrap().len(), 2);
    for _ in 0..2 {
        assert_eq!(msp.done(DELETE, &json!({"error": "storage"})).await, json!({}));
    }
    assert_eq!(msp.list("snoozes").await[0]["error"], "connection");
    msp.invalid_fields(&["company"], DELETE, &json!({})).await;
    msp.invalid_fields(&["error"], DELETE, &json!({"mailbox": "a@b.example", "error": "storage"})).await;
    msp.refused(ErrorCode::BadRequest, DELETE, &json!({"error": "storage", "reason": "x"})).await;
}
