//! Looking by our own key before, and after, whatever becomes of a create.

use serde_json::json;
use service_manager::connectwise::api::{catalog, ticket};
use service_manager::connectwise::{ConnectWiseError, Reason};

use super::Desk;
use super::catalog::plan;
use super::tickets::failure;

const CATALOG: &str = "/procurement/catalog";

fn creates(fault: &serde_json::Value) -> serde_json::Value {
    let mut rule = json!({ "method": "POST", "path": CATALOG });
    rule.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
    json!([rule])
}

#[tokio::test]
async fn what_was_made_without_an_answer_is_found() {
    for lost in [
        json!({ "drop": "after" }),
        json!({ "status": 504, "act": true, "body": "<html>" }),
        json!({ "status": 201, "act": true, "body": "<html>" }),
    ] {
        let desk = Desk::start().await;
        desk.faults(creates(&lost));
        let made = desk.client().find_or_create(&catalog::wanted(&plan())).await.unwrap();
        assert_eq!((made.identifier.as_str(), made.id.get()), ("euwest.17", 221));
        assert_eq!((desk.calls("POST", CATALOG), desk.count("catalogItem")), (1, 4));
    }
}

#[tokio::test]
async fn what_may_have_been_made_and_is_not_found_stays_unknown() {
    let desk = Desk::start().await;
    desk.faults(creates(&json!({ "drop": "before" })));
    let error = desk.client().find_or_create(&catalog::wanted(&plan())).await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::Unknown { .. }), "{error}");
    assert_eq!((desk.calls("POST", CATALOG), desk.count("catalogItem")), (1, 3));
}

#[tokio::test]
async fn a_look_that_fails_does_not_undo_what_may_have_been_made() {
    let desk = Desk::start().await;
    desk.faults(json!([
        { "method": "POST", "path": CATALOG, "drop": "after" },
        { "method": "GET", "path": CATALOG, "after": 1, "status": 403, "body": { "code": "Security", "message": "No." } }
    ]));
    let error = desk.client().find_or_create(&catalog::wanted(&plan())).await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::Unknown { .. }), "{error}");
}

#[tokio::test]
async fn while_searches_lag_nothing_is_made_twice() {
    let desk = Desk::start().await;
    desk.settings(json!({ "searchLagReads": 2 }));
    desk.client().find_or_create(&catalog::wanted(&plan())).await.unwrap();
    // ConnectWise says that it is there; the search does not yet.
    let error = desk.client().find_or_create(&catalog::wanted(&plan())).await.unwrap_err();
    let ConnectWiseError::Refused(refusal) = &error else { panic!("{error}") };
    assert!(refusal.is_for(&Reason::ObjectExists) && !refusal.request_id.is_empty());
    assert!(error.explain().starts_with("It is in ConnectWise already"), "{}", error.explain());
    let found = desk.client().find_or_create(&catalog::wanted(&plan())).await.unwrap();
    assert_eq!((found.identifier.as_str(), desk.count("catalogItem")), ("euwest.17", 4));
}

#[tokio::test]
async fn what_somebody_else_made_in_between_is_found() {
    let desk = Desk::start().await;
    desk.settings(json!({ "searchLagReads": 1 }));
    let made = desk.client().find_or_create(&catalog::wanted(&plan())).await.unwrap();
    // The first look does not see it, the create is refused, the second look does.
    assert_eq!(desk.client().find_or_create(&catalog::wanted(&plan())).await.unwrap(), made);
    assert_eq!(desk.calls("POST", CATALOG), 2);
}

#[tokio::test]
async fn a_ticket_whose_create_was_not_answered_is_adopted() {
    let desk = Desk::start().await;
    desk.faults(json!([{ "method": "POST", "path": "/service/tickets", "times": 1, "drop": "after" }]));
    let made = desk.client().find_or_create(&ticket::wanted(&failure())).await.unwrap();
    assert_eq!((made.id.get(), desk.count("ticket")), (1021, 2));
}

#[tokio::test]
async fn a_refusal_is_looked_at_no_further() {
    let desk = Desk::start().await;
    desk.faults(creates(&json!({ "status": 409, "body": { "code": "Conflict", "message": "in use" } })));
    let error = desk.client().find_or_create(&catalog::wanted(&plan())).await.unwrap_err();
    assert_eq!(error.explain(), "ConnectWise refused: in use");
    assert_eq!(desk.calls("GET", CATALOG), 1);
}
