//! `POST portal/people/save`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;
use service_manager::domain::person::PersonAddress;
use service_manager::domain::role::Role;
use service_manager::store::PersonRecord;

use crate::portal::msp::Msp;

const SAVE: &str = "people/save";

#[tokio::test]
async fn a_person_has_one_role_in_any_letter_case() {
    let msp = Msp::signed_in().await;
    let saved = msp.done(SAVE, &json!({"address": " Zoe@MSP.example ", "role": "billing"})).await;
    assert_eq!((&saved["address"], &saved["role"]), (&json!("zoe@msp.example"), &json!("billing")));
    msp.done(SAVE, &json!({"address": "zoe@msp.example", "role": "billing"})).await;
    msp.done(SAVE, &json!({"address": "zoe@msp.example", "role": "readOnly"})).await;
    let history = msp.get("history/list?action=people").await["history"].clone();
    assert_eq!(history.as_array().unwrap().len(), 2, "{history}");
    assert_eq!((&history[0]["from"], &history[0]["to"]), (&json!("role: billing"), &json!("role: readOnly")));
    assert_eq!(msp.list("people").await.as_array().unwrap().len(), 1);
    msp.invalid_fields(&["address"], SAVE, &json!({"address": "zoe", "role": "owner"})).await;
    msp.refused(ErrorCode::BadRequest, SAVE, &json!({"address": "a@b.example", "role": "admin"})).await;
}

#[tokio::test]
async fn there_are_at_most_500() {
    let msp = Msp::signed_in().await;
    let (store, now) = (&msp.bss.stack.app.store, msp.bss.stack.clock.now());
    for number in 0..500 {
        let address = PersonAddress::parse(&format!("p{number}@msp.example")).unwrap();
        let role = Role::ReadOnly;
        let person = PersonRecord { address: address.clone(), role, added_at: now, updated_at: now, subject: None };
        assert!(store.replace_person(msp.id(), &address, None, Some(&person), None).await.unwrap());
    }
    let text = msp.invalid_fields(&["address"], SAVE, &json!({"address": "a@b.example", "role": "owner"})).await;
    assert!(text.contains("500"), "{text}");
    msp.done(SAVE, &json!({"address": "p7@msp.example", "role": "owner"})).await;
}
