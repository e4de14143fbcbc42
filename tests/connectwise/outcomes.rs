//! Find-or-create: lookups by our own key before a create, and after it for each of its outcomes.

use serde_json::json;
use service_manager::connectwise::api::{catalog, ticket};
use service_manager::connectwise::{ConnectWiseError, RejectionReason};

use super::Fixture;
use super::catalog::plan;
use super::tickets::failure;

const CATALOG: &str = "/procurement/catalog";

fn creates(fault: &serde_json::Value) -> serde_json::Value {
    let mut rule = json!({ "method": "POST", "path": CATALOG });
    rule.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
    json!([rule])
}

#[tokio::test]
async fn a_create_without_response_is_found() {
    for lost in [
        json!({ "drop": "after" }),
        json!({ "status": 504, "act": true, "body": "<html>" }),
        json!({ "status": 201, "act": true, "body": "<html>" }),
    ] {
        let fixture = Fixture::start().await;
        fixture.faults(creates(&lost));
        let made = fixture.client().find_or_create(&catalog::find_or_create(&plan())).await.unwrap();
        assert_eq!((made.identifier.as_str(), made.id.get()), ("euwest.17", 221));
        assert_eq!((fixture.calls("POST", CATALOG), fixture.count("catalogItem")), (1, 4));
    }
}

#[tokio::test]
async fn an_unconfirmed_create_that_is_not_found_remains_unknown() {
    let fixture = Fixture::start().await;
    fixture.faults(creates(&json!({ "drop": "before" })));
    let error = fixture.client().find_or_create(&catalog::find_or_create(&plan())).await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::OutcomeUnknown { .. }), "{error}");
    assert_eq!((fixture.calls("POST", CATALOG), fixture.count("catalogItem")), (1, 3));
}

#[tokio::test]
async fn a_failed_lookup_keeps_an_unconfirmed_create_unknown() {
    let fixture = Fixture::start().await;
    fixture.faults(json!([
        { "method": "POST", "path": CATALOG, "drop": "after" },
        { "method": "GET", "path": CATALOG, "after": 1, "status": 403, "body": { "code": "Security", "message": "No." } }
    ]));
    let error = fixture.client().find_or_create(&catalog::find_or_create(&plan())).await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::OutcomeUnknown { .. }), "{error}");
}

#[tokio::test]
async fn lagging_searches_cause_no_duplicate() {
    let fixture = Fixture::start().await;
    fixture.settings(json!({ "searchLagReads": 3 }));
    fixture.client().find_or_create(&catalog::find_or_create(&plan())).await.unwrap();
    // ConnectWise reports a duplicate that searches do not see yet.
    let error = fixture.client().find_or_create(&catalog::find_or_create(&plan())).await.unwrap_err();
    let ConnectWiseError::Rejected(refusal) = &error else { panic!("{error}") };
    assert!(refusal.has_reason(&RejectionReason::ObjectExists) && !refusal.request_id.is_empty());
    assert!(error.user_message().starts_with("It already exists in ConnectWise"), "{}", error.user_message());
    let found = fixture.client().find_or_create(&catalog::find_or_create(&plan())).await.unwrap();
    assert_eq!((found.identifier.as_str(), fixture.count("catalogItem")), ("euwest.17", 4));
}

#[tokio::test]
async fn a_record_created_by_another_client_in_between_is_found() {
    let fixture = Fixture::start().await;
    fixture.settings(json!({ "searchLagReads": 1 }));
    let made = fixture.client().find_or_create(&catalog::find_or_create(&plan())).await.unwrap();
    // The first lookup does not find it, the create is rejected, the second lookup finds it.
    assert_eq!(fixture.client().find_or_create(&catalog::find_or_create(&plan())).await.unwrap(), made);
    assert_eq!(fixture.calls("POST", CATALOG), 2);
}

#[tokio::test]
async fn a_ticket_created_without_response_is_adopted() {
    let fixture = Fixture::start().await;
    fixture.faults(json!([{ "method": "POST", "path": "/service/tickets", "times": 1, "drop": "after" }]));
    let made = fixture.client().find_or_create(&ticket::find_or_create(&failure())).await.unwrap();
    assert_eq!((made.id.get(), fixture.count("ticket")), (1021, 2));
}

#[tokio::test]
async fn a_rejected_create_is_not_looked_up() {
    let fixture = Fixture::start().await;
    fixture.faults(creates(&json!({ "status": 409, "body": { "code": "Conflict", "message": "in use" } })));
    let error = fixture.client().find_or_create(&catalog::find_or_create(&plan())).await.unwrap_err();
    assert_eq!(error.user_message(), "ConnectWise rejected the request: in use");
    assert_eq!(fixture.calls("GET", CATALOG), 1);
}
