//! `POST portal/usagekey/revoke`

use futures::future::join_all;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::Msp;
use crate::portal::usagekey::create::with_key;

#[tokio::test]
async fn a_revoked_key_is_refused_at_once() {
    let msp = Msp::billing().await;
    let key = with_key(&msp).await;
    key.get("usage/list").await;
    for _ in 0..2 {
        assert_eq!(msp.done("usagekey/revoke", &json!({})).await, json!({}));
        key.refused_get(ErrorCode::SessionInvalid, "usage/list").await;
        assert_eq!(msp.get("usagekey/get").await, json!({}));
    }
    let stored = msp.bss.table().await.into_iter().filter(|item| item["sk"]["S"] == "usage-key").count();
    assert_eq!(stored, 0);
    with_key(&msp).await.get("usage/list").await;
}

#[tokio::test]
async fn a_key_that_is_revoked_many_times_at_once_is_gone_for_each_call() {
    let msp = Msp::billing().await;
    with_key(&msp).await;
    let body = json!({});
    let revoked = join_all((0..8).map(|_| msp.post("usagekey/revoke", &body))).await;
    assert!(revoked.iter().all(|(status, _)| *status == 200), "{revoked:?}");
}
