//! Checks the sandbox's responses against the vendor's OpenAPI description.

use reqwest::Method;
use sandbox::connectwise::openapi::Document;
use serde_json::{Value, json};

use super::{ADMIN, Fixture};

/// Panics if a response does not conform to the description.
pub fn check(method: &Method, path: &str, status: u16, body: &Value) {
    let faults = Document::load().faults_of_answer(method, path, status, body);
    assert!(faults.is_empty(), "{method} {path}: {faults:#?}");
}

#[tokio::test]
async fn every_operation_of_the_document_is_supported() {
    let document = Document::load();
    let fixture = Fixture::start().await;
    for (method, template) in document.operations() {
        let path = template.replace("{id}", "9999").replace("{parentId}", "101");
        let body = (method != Method::GET && method != Method::DELETE).then(|| json!([]).to_string());
        let answer = fixture.send(ADMIN, method.clone(), &path, body).await;
        assert_ne!(answer.status, 405, "{method} {path}");
        assert!(answer.status == 200 || answer.body["code"].is_string(), "{method} {path}: {}", answer.body);
    }
}

#[test]
fn the_check_finds_errors_in_responses() {
    let document = Document::load();
    let wrong = json!({
        "id": "1", "billCustomer": "Perhaps", "nonsense": 1, "effectiveDate": "2026-09-01T00:00:00.123Z",
        "serialNumber": "x".repeat(51), "_info": { "lastUpdated": 5 }
    });
    let faults = document.faults_of("Addition", &wrong);
    let places: Vec<_> = faults.iter().map(|fault| fault.split([':', ' ']).next().unwrap()).collect();
    assert_eq!(
        places,
        ["", "/_info/lastUpdated", "/billCustomer", "/effectiveDate", "/id", "/nonsense", "/serialNumber"]
    );
}

#[test]
fn the_check_finds_errors_in_requests() {
    let document = Document::load();
    let faults = |method: Method, path: &str, parameter: &str, body: Value| {
        let body = (!body.is_null()).then_some(body);
        let faults = document.faults_of_request(&method, path, &[(parameter.to_owned(), String::new())], body.as_ref());
        faults.into_iter().map(|fault| fault.split(": ").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let patch = json!([
        { "op": "replace", "path": "status/id", "value": 5 }, { "op": "replace", "path": "summary", "value": 5 }
    ]);
    for (found, expected) in [
        (faults(Method::GET, "/company/companies/19", "fields", Value::Null), vec![]),
        (faults(Method::GET, "/company/companies/19", "field", Value::Null), vec!["field is not a parameter"]),
        (
            faults(Method::DELETE, "/company/companies", "fields", Value::Null),
            vec!["DELETE /company/companies is not described"],
        ),
        (
            faults(Method::GET, "/procurement/Catalog", "fields", Value::Null),
            vec!["/procurement/Catalog is written /procurement/catalog"],
        ),
        (
            faults(Method::PATCH, "/service/tickets/5", "x", patch),
            vec!["x is not a parameter", "status/id is not a field", "/summary"],
        ),
        (
            faults(Method::POST, "/service/tickets", "x", Value::Null),
            vec!["x is not a parameter", "the body is missing"],
        ),
    ] {
        assert_eq!(found, expected);
    }
}
