//! `GET portal/settings/options`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::bodies::{credentials, ticket_mapping};
use crate::portal::msp::{CREDENTIALS, Msp, SAVE};

#[tokio::test]
async fn returns_the_options_of_connectwise_and_the_vendor() {
    let msp = Msp::signed_in().await;
    msp.refused_get(ErrorCode::ConnectWiseNotConfigured, "settings/options").await;
    msp.done(CREDENTIALS, &credentials(json!({}))).await;
    insta::assert_json_snapshot!(msp.get("settings/options").await);
}

#[tokio::test]
async fn returns_the_choices_for_tickets_of_a_board() {
    let msp = Msp::set_up().await;
    let statuses = json!([
        {"id": 21, "name": "New", "closes": false, "default": true},
        {"id": 22, "name": "In Progress", "closes": false, "default": false},
        {"id": 23, "name": "Closed", "closes": true, "default": false},
        {"id": 24, "name": "Cancelled", "closes": false, "default": false},
    ]);
    let field = |id: u32, caption: &str, kind: &str, choices: &[&str]| json!({"id": id, "caption": caption, "type": kind, "choices": choices, "required": false});
    let expected = json!({
        "statuses": statuses,
        "ticketTypes": [{"id": 21, "name": "Incident", "default": true}, {"id": 22, "name": "Request", "default": false}],
        "subtypes": [{"id": 21, "name": "Backup"}, {"id": 22, "name": "E-mail"}],
        "items": [{"id": 22, "name": "Drive"}, {"id": 21, "name": "Mailbox"}],
        "associations": [
            {"ticketType": 21, "subtype": 21, "item": 21}, {"ticketType": 21, "subtype": 21, "item": 22},
            {"ticketType": 21, "subtype": 22, "item": 21}, {"ticketType": 22, "subtype": 22},
        ],
        "sources": [
            {"id": 1, "name": "Call", "default": true}, {"id": 2, "name": "Email Connector", "default": false},
            {"id": 3, "name": "Sync", "default": false},
        ],
        "priorities": [
            {"id": 1, "name": "Priority 1 - Critical", "default": false},
            {"id": 2, "name": "Priority 2 - High", "default": false},
            {"id": 3, "name": "Priority 3 - Medium", "default": true},
            {"id": 4, "name": "Priority 4 - Low", "default": false},
        ],
        "customFields": [
            field(1, "Cost Centre", "text", &[]),
            field(2, "Service Level", "text", &["Gold", "Silver"]),
            field(3, "Billable Hours", "number", &[]),
            field(4, "Reviewed", "checkbox", &[]),
        ],
    });
    assert_eq!(msp.get("settings/options?board=2").await, expected, "without the inactive status");
    for board in ["99", "x", "-1"] {
        msp.refused_get(ErrorCode::FieldsInvalid, &format!("settings/options?board={board}")).await;
    }
}

#[tokio::test]
async fn a_draft_expires_after_an_hour() {
    let msp = Msp::signed_in().await;
    msp.done(CREDENTIALS, &credentials(json!({}))).await;
    let later = msp.at("2031-05-15T17:01:00Z").await;
    later.refused_get(ErrorCode::ConnectWiseNotConfigured, "settings/options").await;
}

#[tokio::test]
async fn a_board_is_offered_without_the_right_to_read_custom_fields() {
    let msp = Msp::set_up().await;
    let refused = json!({"code": "Security", "message": "You do not have security permission to perform this action."});
    for (status, body) in [(403, refused), (404, json!({"code": "NotFound", "message": "Not found"}))] {
        msp.faults(json!([{"path": "*/system/userDefinedFields", "status": status, "body": body}]));
        let options = msp.get("settings/options?board=2").await;
        assert_eq!((&options["customFields"], &options["statuses"][0]["id"]), (&json!(null), &json!(21)));
        let chosen = ticket_mapping(json!({"customFields": [{"id": 1, "value": "4711"}]}));
        let text = msp.invalid_fields(&["customFields"], SAVE, &chosen).await;
        assert!(text.starts_with("The custom fields could not be read."), "{text}");
        msp.done(SAVE, &ticket_mapping(json!({}))).await;
    }
}

#[tokio::test]
async fn returns_the_active_contacts_of_a_company() {
    let msp = Msp::set_up().await;
    let expected = json!({"contacts": [{"id": 100, "name": "Gordon Packard"}]});
    assert_eq!(msp.get("settings/options?company=20").await, expected);
    let ann = json!({"firstName": "Ann", "company": {"id": 20}});
    let ann = msp.as_person(reqwest::Method::POST, "company/contacts", &ann).await["id"].clone();
    let both = json!({"contacts": [{"id": ann, "name": "Ann"}, {"id": 100, "name": "Gordon Packard"}]});
    assert_eq!(msp.get("settings/options?company=20").await, both);
    let left = json!([{"op": "replace", "path": "inactiveFlag", "value": true}]);
    msp.as_person(reqwest::Method::PATCH, &format!("company/contacts/{ann}"), &left).await;
    assert_eq!(msp.get("settings/options?company=20").await, expected);
    assert_eq!(msp.get("settings/options?company=7").await, json!({"contacts": []}));
    for wrong in ["company=x", "company=20&board=1"] {
        msp.refused_get(ErrorCode::FieldsInvalid, &format!("settings/options?{wrong}")).await;
    }
}

#[tokio::test]
async fn a_role_without_contacts_is_told_which_right_it_lacks() {
    let msp = Msp::set_up().await;
    msp.faults(json!([{
        "method": "GET", "path": "*/company/contacts", "status": 403,
        "body": {"code": "Security", "message": "You do not have security permission", "errors": null},
    }]));
    let message = msp.refused_get(ErrorCode::ConnectWiseRefused, "settings/options?company=20").await;
    assert!(message.contains("Companies > Contacts (Inquire)"), "{message}");
    let message = msp.invalid_fields(&["contact"], "ticketfields/save", &json!({"company": 20, "contact": 100})).await;
    assert!(message.contains("Companies > Contacts (Inquire)"), "{message}");
}
