//! `POST portal/tickets/retry`

use reqwest::Method;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::{Msp, NOTHING};
use crate::portal::tickets::{fail, failing};

const RETRY: &str = "tickets/retry";

/// Starts an MSP with one failing mailbox whose ticket ConnectWise rejects.
async fn refused() -> Msp {
    let msp = failing(0).await;
    msp.faults(
        json!([{"path": "*", "method": "POST", "status": 403, "body": "{\"code\":\"Security\",\"message\":\"No.\"}"}]),
    );
    fail(&msp, 1).await;
    msp
}

#[tokio::test]
async fn failed_tickets_are_retried() {
    let msp = refused().await;
    let row = msp.get("tickets/list").await["tickets"][0].clone();
    assert_eq!(row["state"], "failed", "{row}");
    assert!(row["requiredAction"].as_str().unwrap().ends_with("then try again at portal/tickets/retry."), "{row}");
    assert_eq!(msp.tickets(), NOTHING);
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "failed");
    msp.faults(json!([]));
    let rows = msp.done(RETRY, &json!({})).await;
    assert_eq!((&rows[0]["state"], &rows[0]["ticket"]), (&json!("synced"), &msp.tickets()[0]["id"]));
    assert_eq!(msp.done(RETRY, &json!({})).await, json!([]), "tickets in sync are not retried");
    assert_eq!(msp.send(Method::POST, RETRY, String::new()).await, (200, json!([])), "an empty body is {{}}");
}

#[tokio::test]
async fn a_single_ticket_is_retried() {
    let msp = refused().await;
    let row = msp.get("tickets/list").await["tickets"][0].clone();
    msp.faults(json!([]));
    let one = json!({"action": row["action"]});
    msp.other().await.invalid_fields(&["action"], RETRY, &one).await;
    assert_eq!(msp.done(RETRY, &one).await[0]["state"], "synced");
    assert_eq!(msp.tickets().len(), 1);
    for (field, wrong) in [
        ("action", json!({"action": "euwest.backup.1"})),
        ("action", json!({"action": "backup"})),
        ("organization", json!({"organization": row["organization"]})),
        ("organization", json!({"action": row["action"], "organization": row["organization"]})),
    ] {
        msp.invalid_fields(&[field], RETRY, &wrong).await;
    }
    msp.refused(ErrorCode::BadRequest, RETRY, &json!({"ticket": 1})).await;
}

#[tokio::test]
async fn a_ticket_deleted_by_a_person_is_not_recreated() {
    let msp = failing(1).await;
    let row = msp.get("tickets/list").await["tickets"][0].clone();
    msp.as_person(Method::DELETE, &format!("service/tickets/{}", row["ticket"]), &json!({})).await;
    let one = json!({"action": row["action"]});
    msp.done(RETRY, &one).await;
    msp.done(RETRY, &one).await;
    assert_eq!(msp.tickets(), NOTHING);
}
