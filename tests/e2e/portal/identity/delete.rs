//! `POST portal/identity/delete`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::Msp;

#[tokio::test]
async fn without_its_provider_no_person_signs_in() {
    let msp = Msp::signed_in().await;
    msp.connects_provider().await;
    for _ in 0..2 {
        assert_eq!(msp.done("identity/delete", &json!({})).await, json!({}));
        let start = json!({"msp": msp.id().to_string()});
        msp.with_token(None).refused(ErrorCode::SignInRefused, "session/start", &start).await;
    }
    assert_eq!(msp.get("history/list?action=identity/delete").await["history"].as_array().unwrap().len(), 1);
}
