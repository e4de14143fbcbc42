//! Permissions of the API member's role.

use serde_json::json;
use service_manager::connectwise::api::{configuration, ticket};
use service_manager::connectwise::{ConnectWiseError, Permission, StatusId, TicketId};

use super::{Desk, LIMITED};

#[tokio::test]
async fn a_role_as_the_guide_has_it_lacks_nothing() {
    let desk = Desk::start().await;
    assert_eq!(desk.client().missing_permissions().await.unwrap(), []);
    // One row of each list is enough.
    let queries: Vec<_> = desk.sandbox.calls().into_iter().filter_map(|call| call.query).collect();
    assert_eq!(queries.len(), 7);
    assert!(queries.iter().all(|query| query.contains("fields=id&") && query.contains("pageSize=1&")), "{queries:?}");
}

#[tokio::test]
async fn what_is_missing_is_named_as_the_roles_page_names_it() {
    let desk = Desk::of_member(LIMITED).await;
    let missing = desk.client().missing_permissions().await.unwrap();
    assert_eq!(missing, [Permission::Agreements, Permission::CustomMenuEntry]);
    let names: Vec<_> = missing.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["Finance > Agreements (Add, Edit, Inquire)", "System > Custom Menu Entry (Add, Inquire)"]);
}

#[tokio::test]
async fn rights_that_only_a_change_takes_are_named_when_it_is_refused() {
    let desk = Desk::of_member(LIMITED).await;
    let error = desk
        .client()
        .find_or_create(&configuration::find_or_create_type("Dropsuite_Mailbox_actions"))
        .await
        .unwrap_err();
    assert!(matches!(error, ConnectWiseError::Forbidden { permissions: [Permission::TableSetup], .. }), "{error}");
    let close = ticket::set_status(TicketId::new(1001), StatusId::new(13));
    let error = desk.client().send(&close).await.unwrap_err();
    assert!(
        error.user_message().ends_with("Service Desk > Close Service Tickets (Edit, Inquire)."),
        "{}",
        error.user_message()
    );
}

#[tokio::test]
async fn wrong_keys_may_look_like_a_missing_page() {
    let desk = Desk::start().await;
    desk.faults(json!([{ "path": "/company/companies", "status": 404, "body": "" }]));
    let error = desk.client().missing_permissions().await.unwrap_err();
    assert!(error.user_message().starts_with("ConnectWise rejected the keys. Compare the Site URL"), "{error}");
    desk.faults(json!([{ "path": "/finance/agreements", "status": 404, "body": "" }]));
    let error = desk.client().missing_permissions().await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn another_refusal_is_no_missing_right() {
    let desk = Desk::start().await;
    let body = json!({ "code": "ConnectWiseApi", "message": "The clientId header is missing or invalid." });
    desk.faults(json!([{ "path": "/company/companies", "status": 403, "body": body }]));
    let error = desk.client().missing_permissions().await.unwrap_err();
    assert!(error.user_message().ends_with("The clientId header is missing or invalid."), "{}", error.user_message());
    // A sign-in page is not a valid response.
    desk.faults(json!([{ "path": "/company/companies", "status": 200, "body": "<html>Sign in</html>" }]));
    let error = desk.client().missing_permissions().await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::InvalidResponse { .. }), "{error}");
}
