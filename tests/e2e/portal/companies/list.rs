//! `GET portal/companies/list`

use reqwest::Method;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::Msp;

#[tokio::test]
async fn lists_the_companies_that_are_not_deleted() {
    let msp = Msp::signed_in().await;
    msp.refused_get(ErrorCode::ConnectWiseNotConfigured, "companies/list").await;
    msp.set_up_connectwise().await;
    let patch = json!([{"op": "replace", "path": "deletedFlag", "value": true}]);
    msp.as_person(Method::PATCH, "company/companies/21", &patch).await;
    let expected = json!([
        {"id": 19, "identifier": "AcmeCorp", "name": "Acme Corp", "status": "Active"},
        {"id": 20, "identifier": "BlueLight", "name": "Blue Light, Co.", "status": "Active"},
        {"id": 2, "identifier": "DemoMSP", "name": "Demo MSP", "status": "Active"},
        {"id": 22, "identifier": "OldData", "name": "Old Data GmbH", "status": "Active"},
    ]);
    assert_eq!(msp.get("companies/list").await, expected);
}

#[tokio::test]
async fn lists_more_than_one_page() {
    let msp = Msp::set_up().await;
    for n in 0..120 {
        let company = json!({"identifier": format!("C{n}"), "name": format!("Company {n:03}")});
        msp.as_person(Method::POST, "company/companies", &company).await;
    }
    assert_eq!(msp.get("companies/list").await.as_array().unwrap().len(), 125);
}

#[tokio::test]
async fn reports_why_connectwise_cannot_be_read() {
    let msp = Msp::set_up().await;
    msp.faults(json!([{"path": "*", "status": 401, "body": {"code": "ConnectWiseApi", "message": "Unauthorized"}}]));
    let message = msp.refused_get(ErrorCode::ConnectWiseRefused, "companies/list").await;
    assert!(message.contains("keys"), "{message}");
}
