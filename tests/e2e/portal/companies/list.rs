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
    assert_eq!(msp.list("companies").await, expected);
}

#[tokio::test]
async fn a_page_is_one_of_connectwises() {
    let msp = Msp::set_up().await;
    let row = |n: usize| json!({"id": 100 + n, "identifier": format!("C{n}"), "name": format!("Company {n:04}")});
    let page = |from: usize, link: &str| {
        let rows: Vec<_> = (from..from + 1000).map(row).collect();
        json!({"path": "*/company/companies", "times": 1, "status": 200, "body": rows, "headers": {"Link": link}})
    };
    msp.faults(json!([page(0, "<https://na.example/company/companies?pageSize=1000&page=2>; rel=\"next\"")]));
    let first = msp.get("companies/list").await;
    assert_eq!((first["companies"].as_array().unwrap().len(), &first["next"]), (1000, &json!("2")));
    let last = msp.get("companies/list?after=2").await;
    assert_eq!((last["companies"].as_array().unwrap().len(), last.get("next")), (0, None), "there are five companies");
    msp.refused_get(ErrorCode::FieldsInvalid, "companies/list?after=x").await;
}

#[tokio::test]
async fn reports_why_connectwise_cannot_be_read() {
    let msp = Msp::set_up().await;
    msp.faults(json!([{"path": "*", "status": 401, "body": {"code": "ConnectWiseApi", "message": "Unauthorized"}}]));
    let message = msp.refused_get(ErrorCode::ConnectWiseRefused, "companies/list").await;
    assert!(message.contains("keys"), "{message}");
}
