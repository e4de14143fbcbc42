//! `POST portal/people/delete`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::Msp;

#[tokio::test]
async fn the_sessions_of_a_removed_person_end() {
    let msp = Msp::signed_in().await;
    msp.connects_provider().await;
    let zoe = json!({"address": "zoe@msp.example"});
    msp.done("people/save", &json!({"address": "zoe@msp.example", "role": "owner"})).await;
    let (_, session) = msp.signs_in("zoe@msp.example").await;
    let person = msp.with_token(session["token"].as_str());
    person.get("people/list").await;
    for _ in 0..2 {
        assert_eq!(msp.done("people/delete", &zoe).await, json!({}));
        person.refused_get(ErrorCode::SessionInvalid, "session/get").await;
    }
    // In the same second: one who is added again is another person.
    msp.done("people/save", &json!({"address": "zoe@msp.example", "role": "owner"})).await;
    person.refused_get(ErrorCode::SessionInvalid, "session/get").await;
    let (_, session) = msp.signs_in("zoe@msp.example").await;
    let again = msp.with_token(session["token"].as_str());
    msp.done("people/save", &json!({"address": "zoe@msp.example", "role": "billing"})).await;
    assert_eq!(again.get("session/get").await["role"], "billing", "a change of the role ends no session");
    assert_eq!(msp.get("history/list?action=people/delete").await["history"].as_array().unwrap().len(), 1);
    msp.invalid_fields(&["address"], "people/delete", &json!({"address": "zoe"})).await;
}
