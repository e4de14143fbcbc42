//! `GET portal/audit/history`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::audit::list::{drifted, finding_of};

#[tokio::test]
async fn everything_that_was_done_is_kept_once() {
    let msp = drifted().await;
    let page = msp.get("audit/list").await;
    let (alpha, beta) = (finding_of(&page, "Alpha"), finding_of(&page, "Beta"));
    for _ in 0..2 {
        msp.done("audit/dismiss", &json!({"findings": [beta["id"]], "note": "as agreed"})).await;
        msp.done("audit/apply", &json!({"findings": [alpha["id"]]})).await;
        msp.done("audit/settings", &json!({"apply": "automatically"})).await;
    }
    let entries = msp.get("audit/history").await["entries"].as_array().unwrap().clone();
    let mut actions: Vec<_> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["apply", "dismiss", "run", "settings"], "{entries:#?}");
    let of = |action: &str| entries.iter().find(|entry| entry["action"] == action).unwrap();
    let apply = of("apply");
    assert_eq!(
        (&apply["by"], &apply["finding"], &apply["from"], &apply["to"]),
        (&json!("portal"), &alpha["id"], &json!("1"), &json!("3")),
        "{apply}"
    );
    assert_eq!((&of("dismiss")["reason"], &of("settings")["to"]), (&json!("as agreed"), &json!("automatically")));

    let pages = msp.pages_of("audit/history", 3).await;
    let whole: Vec<_> = pages.iter().flat_map(|page| page["entries"].as_array().unwrap().clone()).collect();
    assert_eq!(whole, entries);
    assert!(entries.is_sorted_by(|one, next| one["at"].as_str() >= next["at"].as_str()), "the latest first");
    msp.refused_get(ErrorCode::FieldsInvalid, "audit/history?limit=0").await;
    assert_eq!(msp.other().await.get("audit/history").await, json!({"entries": []}));
}
