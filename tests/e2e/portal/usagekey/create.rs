//! `POST portal/usagekey/create`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::Msp;

/// Makes a key of the MSP. Returns a client that calls with it.
pub async fn with_key(msp: &Msp) -> Msp {
    let made = msp.done("usagekey/create", &json!({})).await;
    msp.with_token(Some(made["key"].as_str().unwrap()))
}

#[tokio::test]
async fn a_key_is_shown_once_and_replaces_the_one_before() {
    let msp = Msp::billing().await;
    assert_eq!(msp.get("usagekey/get").await, json!({}));
    let made = msp.done("usagekey/create", &json!({})).await;
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("usage_") && key.len() == 70, "{made}");
    assert_eq!(msp.get("usagekey/get").await, json!({"createdAt": made["createdAt"]}));
    let stored = msp.bss.table().await.iter().map(ToString::to_string).collect::<String>();
    assert!(!stored.contains(key) && !stored.contains(&key[6..]), "only its fingerprint is stored");
    let first = msp.with_token(Some(key));
    first.get("usage/list").await;
    let second = with_key(&msp).await;
    second.get("usage/list").await;
    first.refused_get(ErrorCode::SessionInvalid, "usage/list").await;
    msp.refused(ErrorCode::BadRequest, "usagekey/create", &json!({"name": "x"})).await;
    let none = json!({});
    let (one, other) = tokio::join!(msp.post("usagekey/create", &none), msp.post("usagekey/create", &none));
    let done = [&one, &other].into_iter().filter(|(status, _)| *status == 200).count();
    assert!(done >= 1 && [one.0, other.0].iter().all(|status| [200, 409].contains(status)), "{one:?} {other:?}");
}

#[tokio::test]
async fn a_key_reads_usage_and_nothing_else() {
    let msp = Msp::billing().await;
    let key = with_key(&msp).await;
    for path in ["session/get", "settings/get", "plans/list", "organizations/list", "audit/list", "usagekey/get"] {
        key.refused_get(ErrorCode::SessionInvalid, path).await;
    }
    for path in ["organizations/create", "usagekey/create", "usagekey/revoke", "audit/run"] {
        key.refused(ErrorCode::SessionInvalid, path, &json!({})).await;
    }
    msp.refused_get(ErrorCode::SessionInvalid, "usage/list").await;
    msp.with_token(None).refused_get(ErrorCode::SessionInvalid, "usage/list").await;
    msp.with_token(Some("usage_0")).refused_get(ErrorCode::SessionInvalid, "usage/csv").await;
}
