//! Answers of systems in front of ConnectWise: gateways, firewalls and sign-in pages.

use serde_json::{Value, json};
use service_manager::connectwise::api::addition::{self, Changes};
use service_manager::connectwise::api::{catalog, company, ticket};
use service_manager::connectwise::{AdditionId, AgreementId, ConnectWiseError};
use service_manager::domain::error::ServiceError;
use service_manager::domain::error_code::ErrorCode;
use service_manager::http_client::Effect;

use super::catalog::plan;
use super::tickets::failure;
use super::{ACME, Fixture, amount};

const PAGE: &str = "<html><h1>Blocked</h1><p>Incident 7</p></html>";

/// Bodies that are not ConnectWise's own.
fn bodies() -> [Value; 5] {
    [json!(PAGE), json!(""), json!("Forbidden"), json!({ "message": "Forbidden" }), json!(["Forbidden"])]
}

#[tokio::test]
async fn a_read_is_passing_whatever_the_status() {
    let fixture = Fixture::start().await;
    for status in [400, 401, 403, 404, 405, 451] {
        for body in bodies() {
            fixture.faults(json!([{ "path": "/company/*", "status": status, "body": body }]));
            let error = fixture.client().send(&company::get(ACME)).await.unwrap_err();
            let expected = matches!(error, ConnectWiseError::Intercepted { effect: Effect::Read, .. });
            assert!(expected, "{status} {body}: {error}");
            let text = error.user_message();
            assert!(text.contains("Nothing was changed") && text.contains("firewall"), "{text}");
            assert_eq!(ServiceError::from(error).code(), ErrorCode::ConnectWiseUnavailable);
            let error = fixture.client().missing_permissions().await.unwrap_err();
            assert!(matches!(error, ConnectWiseError::Intercepted { .. }), "{status} {body}: {error}");
        }
    }
}

#[tokio::test]
async fn a_change_may_have_been_made() {
    let fixture = Fixture::start().await;
    let changes = Changes { quantity: Some(amount("7")), ..Changes::default() };
    let change = addition::patch(AgreementId::new(104), AdditionId::new(401), &changes);
    for (status, act) in [(403, true), (404, false), (200, true)] {
        fixture.faults(json!([{ "method": "PATCH", "path": "*", "status": status, "act": act, "body": PAGE }]));
        let error = fixture.client().send(&change).await.unwrap_err();
        assert!(error.user_message().contains("may or may not have been made"), "{error}");
        assert_eq!(ServiceError::from(error).code(), ErrorCode::OutcomeUnknown, "{status}");
    }
    assert_eq!(fixture.record("addition", 401)["quantity"], 7);
}

#[tokio::test]
async fn a_create_is_looked_up_and_made_once() {
    let fixture = Fixture::start().await;
    for act in [true, false] {
        fixture.faults(json!([{ "method": "POST", "path": "*", "times": 1, "status": 403, "act": act, "body": PAGE }]));
        let made = fixture.client().find_or_create(&ticket::find_or_create(&failure())).await;
        assert!(made.is_ok(), "{made:?}");
        let made = fixture.client().find_or_create(&catalog::find_or_create(&plan())).await;
        assert!(made.is_ok(), "{made:?}");
        assert_eq!((fixture.count("ticket"), fixture.count("catalogItem")), (2, 4), "{act}");
    }
}

#[tokio::test]
async fn connectwises_own_words_are_believed() {
    let fixture = Fixture::start().await;
    for (status, body, expected) in [
        (403, json!({ "code": "Security", "message": "No." }), ErrorCode::ConnectWiseRefused),
        (401, json!({ "code": "ConnectWiseApi", "message": "UserNotAuthenticated" }), ErrorCode::ConnectWiseRefused),
        (400, json!("Cannot route. Codebase/company is invalid"), ErrorCode::ConnectWiseRefused),
    ] {
        fixture.faults(json!([{ "path": "/company/*", "status": status, "body": body }]));
        let error = fixture.client().send(&company::get(ACME)).await.unwrap_err();
        assert_eq!(ServiceError::from(error).code(), expected, "{body}");
    }
}
