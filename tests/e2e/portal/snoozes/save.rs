//! `POST portal/snoozes/save`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;
use service_manager::store::{Snooze, SnoozeScope};

use crate::portal::msp::Msp;
use crate::portal::msp::bodies::BLUE_LIGHT;

const SAVE: &str = "snoozes/save";

#[tokio::test]
async fn writes_who_when_and_why_in_place_of_the_one_before() {
    let msp = Msp::with_tenant().await;
    let first = json!({"company": BLUE_LIGHT, "until": "2031-06-01T00:00:00Z", "reason": " Maintenance ", "by": "Zoe"});
    let saved = msp.done(SAVE, &first).await;
    let at = saved["at"].clone();
    let expected = json!({
        "company": BLUE_LIGHT, "until": "2031-06-01T00:00:00Z", "reason": "Maintenance", "by": "Zoe", "at": at,
        "active": true,
    });
    assert_eq!(saved, expected);
    msp.bss.stack.clock.advance(jiff::SignedDuration::from_mins(1));
    assert_eq!(msp.done(SAVE, &first).await, saved, "the same again changes nothing");
    let second = msp.done(SAVE, &json!({"company": BLUE_LIGHT, "reason": "For good"})).await;
    assert_eq!((&second["by"], second.get("until")), (&json!("portal"), None));
    assert_ne!(second["at"], at);
    assert_eq!(msp.list("snoozes").await, json!([second]));
}

#[tokio::test]
async fn every_invalid_member_is_named_and_nothing_is_saved() {
    let msp = Msp::with_tenant().await;
    for (body, fields) in [
        (json!({"company": BLUE_LIGHT}), vec!["reason"]),
        (json!({"company": BLUE_LIGHT, "reason": " "}), vec!["reason"]),
        (json!({"company": BLUE_LIGHT, "reason": "x".repeat(501)}), vec!["reason"]),
        (json!({"company": BLUE_LIGHT, "reason": "x", "by": "x".repeat(101)}), vec!["by"]),
        (json!({"company": 19, "reason": "x"}), vec!["company"]),
        (json!({"reason": "x"}), vec!["company"]),
        (json!({"mailbox": "ann", "reason": "x"}), vec!["mailbox"]),
        (json!({"mailbox": format!("{}@a.example", "x".repeat(320)), "reason": "x"}), vec!["mailbox"]),
        (json!({"company": BLUE_LIGHT, "mailbox": "ann@a.example", "reason": "x"}), vec!["mailbox"]),
        (json!({"company": BLUE_LIGHT, "error": "storage", "reason": "x"}), vec!["error"]),
        (json!({"error": "storage", "until": "2031-05-15T15:00:00Z", "reason": "x"}), vec!["until"]),
        (json!({"error": "storage", "until": "2034-05-15T15:00:00Z", "reason": "x"}), vec!["until"]),
        (json!({"until": "2031-05-15T15:00:00Z", "reason": ""}), vec!["company", "reason", "until"]),
    ] {
        msp.invalid_fields(&fields, SAVE, &body).await;
    }
    for (body, named) in [
        (json!({"error": "bad luck", "reason": "x"}), "error"),
        (json!({"error": "storage", "until": "tomorrow", "reason": "x"}), "until"),
        (json!({"error": "storage", "reason": "x", "end": "2031-06-01T00:00:00Z"}), "end"),
    ] {
        let message = msp.refused(ErrorCode::BadRequest, SAVE, &body).await;
        assert!(message.contains(named), "{message}");
    }
    assert_eq!(msp.list("snoozes").await, json!([]));
}

#[tokio::test]
async fn there_are_at_most_500() {
    let msp = Msp::signed_in().await;
    let store = &msp.bss.stack.app.store;
    let [enrolled] = <[_; 1]>::try_from(store.enrolled_msps().await.unwrap()).unwrap();
    for number in 0..500 {
        let scope = SnoozeScope::of_mailbox(&format!("m{number}@a.example"));
        let at = msp.bss.stack.clock.now();
        let snooze = Snooze { scope, until: None, reason: "x".to_owned(), by: "portal".to_owned(), at };
        assert!(store.replace_snooze(enrolled.msp, &snooze.scope, None, Some(&snooze), None).await.unwrap());
    }
    let another = json!({"mailbox": "another@a.example", "reason": "x"});
    let message = msp.invalid_fields(&["mailbox"], SAVE, &another).await;
    assert!(message.contains("500"), "{message}");
    msp.done(SAVE, &json!({"mailbox": "m7@a.example", "reason": "another"})).await;
    msp.done("snoozes/delete", &json!({"mailbox": "m8@a.example"})).await;
    msp.done(SAVE, &another).await;
}

/// The address is part of a key of the table, which has at most 1,024 bytes.
#[tokio::test]
async fn an_address_with_too_many_bytes_is_refused() {
    let msp = Msp::with_tenant().await;
    let address = |count: usize| format!("{}@acme.example", "\u{1f600}".repeat(count));
    let snooze = |count: usize| json!({"mailbox": address(count), "reason": "It is new"});
    let text = msp.invalid_fields(&["mailbox"], SAVE, &snooze(300)).await;
    assert!(text.contains("bytes"), "{text}");
    assert_eq!(msp.done(SAVE, &snooze(240)).await["mailbox"], address(240));
}
