//! `GET portal/agreements/list`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::Msp;

#[tokio::test]
async fn lists_the_agreements_of_a_company() {
    let msp = Msp::signed_in().await;
    msp.refused_get(ErrorCode::ConnectWiseNotConfigured, "agreements/list?company=19").await;
    msp.set_up_connectwise().await;
    let agreement = |id: u32, name: &str, status: &str, start: &str, next: &str| {
        json!({
            "id": id, "name": name, "status": status, "active": status == "active", "startDate": start,
            "nextInvoiceDate": next,
        })
    };
    let expected = json!([
        agreement(103, "Cancelled Backup", "cancelled", "2029-05-01", "2031-05-01"),
        agreement(102, "Expired Support", "expired", "2029-05-01", "2031-05-01"),
        agreement(101, "Managed Services", "active", "2030-05-01", "2031-05-01"),
    ]);
    assert_eq!(msp.get("agreements/list?company=19").await, expected);
    assert_eq!(msp.get("agreements/list?company=22").await, json!([]));
}

#[tokio::test]
async fn needs_a_company() {
    let msp = Msp::set_up().await;
    for query in ["", "?company=", "?company=acme", "?company=-1", "?Company=19"] {
        let message = msp.refused_get(ErrorCode::FieldsInvalid, &format!("agreements/list{query}")).await;
        assert!(message.contains("company"), "{message}");
    }
}
