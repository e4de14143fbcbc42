//! Permissions of the API member's role.

use serde_json::json;
use service_manager::connectwise::api::{configuration, ticket};
use service_manager::connectwise::{ConnectWiseError, Permission, StatusId, TicketId};

use super::{Fixture, LIMITED};

#[tokio::test]
async fn the_documented_role_has_all_permissions() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.client().missing_permissions().await.unwrap(), []);
    // One row of each list is enough.
    let queries: Vec<_> = fixture.sandbox.calls().into_iter().filter_map(|call| call.query).collect();
    assert_eq!(queries.len(), 7);
    assert!(queries.iter().all(|query| query.contains("fields=id&") && query.contains("pageSize=1&")), "{queries:?}");
}

#[tokio::test]
async fn missing_permissions_have_the_names_of_the_roles_page() {
    let fixture = Fixture::of_member(LIMITED).await;
    let missing = fixture.client().missing_permissions().await.unwrap();
    assert_eq!(missing, [Permission::Agreements, Permission::CustomMenuEntry]);
    let names: Vec<_> = missing.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["Finance > Agreements (Add, Edit, Inquire)", "System > Custom Menu Entry (Add, Edit, Inquire)"]);
}

#[tokio::test]
async fn permissions_for_changes_are_named_when_a_change_is_rejected() {
    let fixture = Fixture::of_member(LIMITED).await;
    let error = fixture
        .client()
        .find_or_create(&configuration::find_or_create_type("Dropsuite_Mailbox_actions"))
        .await
        .unwrap_err();
    assert!(matches!(error, ConnectWiseError::Forbidden { permissions: [Permission::TableSetup], .. }), "{error}");
    let close = ticket::set_status(TicketId::new(1001), StatusId::new(13));
    let error = fixture.client().send(&close).await.unwrap_err();
    assert!(
        error.user_message().ends_with("Service Desk > Close Service Tickets (Edit, Inquire)."),
        "{}",
        error.user_message()
    );
}

#[tokio::test]
async fn wrong_keys_may_look_like_a_missing_page() {
    let fixture = Fixture::start().await;
    let missing = json!({ "code": "NotFound", "message": "Not found" });
    fixture.faults(json!([{ "path": "/company/companies", "status": 404, "body": missing }]));
    let error = fixture.client().missing_permissions().await.unwrap_err();
    assert!(error.user_message().starts_with("ConnectWise rejected the keys. Compare the Site URL"), "{error}");
    fixture.faults(json!([{ "path": "/finance/agreements", "status": 404, "body": missing }]));
    let error = fixture.client().missing_permissions().await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::NotFound { .. }), "{error}");
    // A page can be a cloud's answer to wrong keys, or a gateway's.
    fixture.faults(json!([{ "path": "/company/companies", "status": 404, "body": "" }]));
    let error = fixture.client().missing_permissions().await.unwrap_err();
    assert!(error.user_message().contains("compare the Site URL, the Company Identifier and the keys"), "{error}");
}

#[tokio::test]
async fn another_rejection_is_not_a_missing_permission() {
    let fixture = Fixture::start().await;
    let body = json!({ "code": "ConnectWiseApi", "message": "The clientId header is missing or invalid." });
    fixture.faults(json!([{ "path": "/company/companies", "status": 403, "body": body }]));
    let error = fixture.client().missing_permissions().await.unwrap_err();
    assert!(error.user_message().ends_with("The clientId header is missing or invalid."), "{}", error.user_message());
    // A sign-in page is not a valid response.
    fixture.faults(json!([{ "path": "/company/companies", "status": 200, "body": "<html>Sign in</html>" }]));
    let error = fixture.client().missing_permissions().await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::InvalidResponse { .. }), "{error}");
}
