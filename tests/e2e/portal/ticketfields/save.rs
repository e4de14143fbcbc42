//! `POST portal/ticketfields/save`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::merged;
use crate::portal::msp::{Msp, masked};

const SAVE: &str = "ticketfields/save";

#[tokio::test]
async fn writes_the_fields_in_place_of_the_ones_before() {
    let msp = Msp::set_up().await;
    let all = json!({
        "company": 20, "ticketType": 11, "subtype": 12, "item": 11, "priority": 2, "source": 3, "impact": "high",
        "urgency": "low", "contact": 100,
    });
    let answer = merged(all.clone(), json!({"board": 1, "updatedAt": "[time]"}));
    let saved = msp.done(SAVE, &all).await;
    assert_eq!(masked(saved.clone()), answer);
    msp.bss.stack.clock.advance(jiff::SignedDuration::from_mins(1));
    assert_eq!(msp.done(SAVE, &all).await, saved, "the same again changes nothing");
    let fewer = json!({"company": 20, "impact": "medium"});
    msp.done(SAVE, &fewer).await;
    let listed = masked(msp.get("ticketfields/list").await);
    assert_eq!(listed["ticketfields"], json!([merged(fewer, json!({"board": 1, "updatedAt": "[time]"}))]));
}

#[tokio::test]
async fn every_invalid_field_is_named_and_nothing_is_saved() {
    let msp = Msp::set_up().await;
    for (body, fields) in [
        (json!({"company": 20}), vec!["company"]),
        (json!({"company": 7, "source": 3}), vec!["company"]),
        (json!({"company": 20, "ticketType": 21}), vec!["ticketType"]),
        (json!({"company": 20, "subtype": 11}), vec!["ticketType"]),
        (json!({"company": 20, "ticketType": 11, "item": 11}), vec!["item"]),
        (json!({"company": 20, "ticketType": 12, "subtype": 11}), vec!["subtype"]),
        (json!({"company": 20, "ticketType": 11, "subtype": 13}), vec!["subtype"]),
        (json!({"company": 20, "ticketType": 11, "subtype": 12, "item": 12}), vec!["item"]),
        (json!({"company": 20, "contact": 99}), vec!["contact"]),
        (json!({"company": 20, "priority": 9, "source": 9, "contact": 1}), vec!["contact", "priority", "source"]),
    ] {
        msp.invalid_fields(&fields, SAVE, &body).await;
    }
    for (body, named) in
        [(json!({"company": 20, "impact": "Huge"}), "impact"), (json!({"company": 20, "board": 1}), "board")]
    {
        let message = msp.refused(ErrorCode::BadRequest, SAVE, &body).await;
        assert!(message.contains(named), "{message}");
    }
    assert_eq!(msp.get("ticketfields/list").await, json!({"ticketfields": []}));
}

#[tokio::test]
async fn needs_the_settings() {
    let msp = Msp::signed_in().await;
    msp.refused(ErrorCode::ConnectWiseNotConfigured, SAVE, &json!({"company": 20, "source": 3})).await;
}
