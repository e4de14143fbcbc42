//! `GET portal/session/get`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::{Msp, SIGN_IN};

#[tokio::test]
async fn says_when_the_session_ends_and_if_connectwise_is_set_up() {
    let msp = Msp::signed_in().await;
    let before = msp.get("session/get").await;
    assert_eq!(
        before.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["connectWiseConfigured", "endsAt", "expiresAt", "role"]
    );
    assert_eq!(before["connectWiseConfigured"], false);
    msp.set_up_connectwise().await;
    assert_eq!(msp.get("session/get").await["connectWiseConfigured"], true);
    assert_eq!(msp.done(SIGN_IN, &msp.tokens()).await["connectWiseConfigured"], true);
    assert_eq!(msp.other().await.get("session/get").await["connectWiseConfigured"], json!(false), "another MSP's");
    msp.with_token(None).refused_get(ErrorCode::SessionInvalid, "session/get").await;
}
