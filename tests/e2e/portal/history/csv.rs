//! `GET portal/history/csv`

use reqwest::Method;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{known_service, service};
use crate::portal::msp::Msp;

#[tokio::test]
async fn a_quarter_is_a_file_without_a_formula() {
    let msp = Msp::billing().await;
    msp.bss.done("accounts/synchronize", &crate::client::account(json!({}))).await;
    msp.bss.done("subscriptions/create", &service(json!({}))).await;
    let update = known_service(7, json!({"RequestedBy": {"DisplayName": "=HYPERLINK(\"https://x.example\")"}}));
    msp.bss.done("subscriptions/update", &update).await;
    let page = msp.get("history/list").await;
    let quarter = "history/csv?since=2031-04-01T00:00:00Z&until=2031-07-01T00:00:00Z";
    let file = msp.csv(quarter).await;
    let entries = page["history"].as_array().unwrap();
    assert_eq!(file.rows.len(), entries.len());
    for (row, entry) in file.rows.iter().zip(entries) {
        for name in ["at", "action", "object", "from", "to"] {
            assert_eq!(file.cell(row, name), entry[name].as_str().unwrap_or_default(), "{entry}");
        }
    }
    assert_eq!(file.cell(&file.rows[0], "by"), "'=HYPERLINK(\"https://x.example\")");
    println!("the audit trail of the quarter has {} entries", file.rows.len());
    let before = msp.request(Method::GET, "history/csv?until=2031-04-01T00:00:00Z", String::new()).await;
    assert_eq!(before.text().await.unwrap().lines().count(), 1, "only the names");
    msp.refused_get(ErrorCode::FieldsInvalid, "history/csv?since=x").await;
}
