//! `POST portal/session/delete`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::Msp;

const SIGN_OUT: &str = "session/delete";

#[tokio::test]
async fn ends_this_session_and_no_other() {
    let msp = Msp::signed_in().await;
    let elsewhere = msp.with_new_session().await;
    assert_eq!(msp.done(SIGN_OUT, &json!({})).await, json!({}));
    msp.refused_get(ErrorCode::SessionInvalid, "plans/list").await;
    msp.refused(ErrorCode::SessionInvalid, SIGN_OUT, &json!({})).await;
    elsewhere.get("plans/list").await;
    let text = json!(msp.bss.table().await).to_string();
    assert_eq!(text.matches("session#").count(), 1, "the other session is left: {text}");
}

#[tokio::test]
async fn refuses_members_and_keeps_the_session() {
    let msp = Msp::signed_in().await;
    msp.refused(ErrorCode::BadRequest, SIGN_OUT, &json!({"all": true})).await;
    msp.get("plans/list").await;
}
