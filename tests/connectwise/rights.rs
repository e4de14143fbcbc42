//! The rights of the API member's role.

use serde_json::json;
use service_manager::connectwise::api::{configuration, ticket};
use service_manager::connectwise::{ConnectWiseError, Right, StatusId, TicketId};

use super::{Desk, LIMITED};

#[tokio::test]
async fn a_role_as_the_guide_has_it_lacks_nothing() {
    let desk = Desk::start().await;
    assert_eq!(desk.client().missing_rights().await.unwrap(), []);
    // One row of each list.
    let queries: Vec<_> = desk.sandbox.calls().into_iter().filter_map(|call| call.query).collect();
    assert_eq!(queries.len(), 7);
    assert!(queries.iter().all(|query| query.contains("fields=id&") && query.contains("pageSize=1&")), "{queries:?}");
}

#[tokio::test]
async fn what_is_missing_is_named_as_the_roles_page_names_it() {
    let desk = Desk::of_member(LIMITED).await;
    let missing = desk.client().missing_rights().await.unwrap();
    assert_eq!(missing, [Right::Agreements, Right::CustomMenuEntry]);
    let names: Vec<_> = missing.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["Finance > Agreements (Add, Edit, Inquire)", "System > Custom Menu Entry (Add, Inquire)"]);
}

#[tokio::test]
async fn rights_that_only_a_change_takes_are_named_when_it_is_refused() {
    let desk = Desk::of_member(LIMITED).await;
    let error =
        desk.client().find_or_create(&configuration::wanted_type("Dropsuite_Mailbox_actions")).await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::NotPermitted { rights: [Right::TableSetup], .. }), "{error}");
    let close = ticket::set_status(TicketId::new(1001), StatusId::new(13));
    let error = desk.client().one(&close).await.unwrap_err();
    assert!(error.explain().ends_with("Service Desk > Close Service Tickets (Edit, Inquire)."), "{}", error.explain());
}

#[tokio::test]
async fn wrong_keys_may_look_like_a_missing_page() {
    let desk = Desk::start().await;
    desk.faults(json!([{ "path": "/company/companies", "status": 404, "body": "" }]));
    let error = desk.client().missing_rights().await.unwrap_err();
    assert!(error.explain().starts_with("ConnectWise refused the keys. Compare the Site URL"), "{error}");
    desk.faults(json!([{ "path": "/finance/agreements", "status": 404, "body": "" }]));
    let error = desk.client().missing_rights().await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::Absent { .. }), "{error}");
}

#[tokio::test]
async fn another_refusal_is_no_missing_right() {
    let desk = Desk::start().await;
    let body = json!({ "code": "ConnectWiseApi", "message": "The clientId header is missing or invalid." });
    desk.faults(json!([{ "path": "/company/companies", "status": 403, "body": body }]));
    let error = desk.client().missing_rights().await.unwrap_err();
    assert!(error.explain().ends_with("The clientId header is missing or invalid."), "{}", error.explain());
    // A page that asks people to sign in is no answer.
    desk.faults(json!([{ "path": "/company/companies", "status": 200, "body": "<html>Sign in</html>" }]));
    let error = desk.client().missing_rights().await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::Unreadable { .. }), "{error}");
}
