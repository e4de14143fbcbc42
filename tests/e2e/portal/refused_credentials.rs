//! Credentials that the vendor or ConnectWise refuses: `settings/get`, `additions/list` and `tickets/list` name them after the
//! second refusal, until they are accepted again or replaced.

use jiff::{SignedDuration, Timestamp};
use sandbox::background::redrive;
use sandbox::faults::Rule;
use serde_json::{Value, json};

use super::msp::bodies::BLUE_LIGHT;
use super::msp::{Msp, UPDATE};

/// Returns the member of all three responses, which must be equal; null if they have none.
async fn named(msp: &Msp) -> Value {
    let member = |answer: &Value| answer.get("refusedCredentials").cloned().unwrap_or_default();
    let settings = member(&msp.get("settings/get").await);
    assert_eq!(member(&msp.get("tickets/list").await), settings);
    assert_eq!(member(&msp.get("additions/list").await), settings);
    settings
}

/// Asserts that a time is less than a minute from `expected`: the stack's clock goes on during a request.
fn assert_is_near(time: &Value, expected: Timestamp) {
    let time: Timestamp = time.as_str().unwrap().parse().unwrap();
    assert!(time.duration_since(expected).abs() < SignedDuration::from_mins(1), "{time}, not {expected}");
}

/// Makes the vendor refuse the MSP's tokens where a check sends them.
fn refuse_tokens(msp: &Msp) {
    let rule = Rule { path: "/users/*".to_owned(), status: Some(401), ..Rule::default() };
    msp.bss.stack.dropsuite.faults().set(vec![rule]);
}

/// Runs a round of checks, an hour after the last one. Returns the MSP with a new session of the same tokens.
async fn next_round(msp: &Msp) -> Msp {
    msp.bss.stack.clock.advance(SignedDuration::from_hours(1));
    msp.run_checks().await;
    msp.with_new_session().await
}

#[tokio::test]
async fn refused_tokens_are_named_until_they_are_accepted() {
    let msp = Msp::with_tenant().await;
    refuse_tokens(&msp);
    let msp = next_round(&msp).await;
    let first = msp.bss.stack.clock.now();
    assert_eq!(named(&msp).await, Value::Null, "one refusal proves nothing");
    msp.bss.stack.dropsuite.faults().clear();
    let msp = next_round(&msp).await;
    refuse_tokens(&msp);
    let msp = next_round(&msp).await;
    assert_eq!(named(&msp).await, Value::Null, "it was accepted in between");

    let second = msp.bss.stack.clock.now();
    assert!(second > first);
    let msp = next_round(&msp).await;
    let refused = named(&msp).await;
    assert_eq!(refused.as_array().unwrap().len(), 1, "{refused}");
    assert_eq!(refused[0]["credentials"], "vendorTokens");
    assert_is_near(&refused[0]["since"], second);
    assert!(refused[0]["message"].as_str().unwrap().contains("not monitored"), "{refused}");
    let action = refused[0]["requiredAction"].as_str().unwrap();
    assert!(action.contains("portal/session/create") && action.contains("reseller token"), "{action}");

    let before = msp.bss.stack.dynamodb.operations().len();
    msp.run_checks().await;
    let operations = msp.bss.stack.dynamodb.operations().split_off(before);
    let writes = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];
    assert!(!operations.iter().any(|name| writes.contains(&name.as_str())), "known: {operations:?}");

    msp.bss.stack.dropsuite.faults().clear();
    assert_eq!(named(&next_round(&msp).await).await, Value::Null);
}

#[tokio::test]
async fn refused_tokens_end_with_new_ones() {
    let msp = Msp::with_tenant().await;
    refuse_tokens(&msp);
    let msp = next_round(&msp).await;
    let msp = next_round(&msp).await;
    assert_ne!(named(&msp).await, Value::Null);
    let store = &msp.bss.stack.app.store;
    let enrolled = store.enrolled_msps().await.unwrap().remove(0);
    let credentials_id = service_manager::domain::fingerprint::Fingerprint::hash(&"other tokens");
    store.enroll(&service_manager::store::EnrolledMsp { credentials_id, refusal: None, ..enrolled }).await.unwrap();
    assert_eq!(named(&msp).await, Value::Null);
}

#[tokio::test]
async fn the_refusal_of_an_organizations_own_token_is_no_refusal_of_the_msps() {
    let msp = Msp::with_tenant().await;
    let rule = Rule { path: "/accounts*".to_owned(), status: Some(401), ..Rule::default() };
    msp.bss.stack.dropsuite.faults().set(vec![rule]);
    let msp = next_round(&msp).await;
    let msp = next_round(&msp).await;
    assert_eq!(named(&msp).await, Value::Null);
}

/// Makes ConnectWise refuse all keys.
fn refuse_keys(msp: &Msp) {
    let refused = json!({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"});
    msp.faults(json!([{"path": "*", "status": 401, "body": refused}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_keys_are_named_until_they_are_accepted_and_then_all_is_retried() {
    let msp = Msp::with_tenant().await;
    let clock = &msp.bss.stack.clock;
    refuse_keys(&msp);
    let since = clock.now();
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 9})).await;
    msp.wait_for_additions().await;
    assert_eq!(named(&msp).await, Value::Null, "one refusal proves nothing");
    msp.retries_a_minute_later().await;
    assert_eq!(msp.row().await["state"], "failed");
    let refused = named(&msp).await;
    assert_eq!(refused[0]["credentials"], "connectWiseKeys");
    assert_is_near(&refused[0]["since"], since);
    assert!(refused[0]["requiredAction"].as_str().unwrap().contains("portal/settings/save"), "{refused}");

    // The keys are tried once an hour, with one request.
    let calls = || msp.bss.stack.connectwise.calls().len();
    let before = calls();
    redrive(&msp.bss.stack.app).await.unwrap();
    assert_eq!(calls(), before, "the next trial is in an hour");
    clock.advance(SignedDuration::from_hours(1));
    redrive(&msp.bss.stack.app).await.unwrap();
    assert_eq!(calls() - before, 1);

    msp.faults(json!([]));
    clock.advance(SignedDuration::from_hours(1));
    let report = redrive(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.synced, report.failed.len()), (1, 0), "{report:?}");
    let msp = msp.with_new_session().await;
    assert_eq!((named(&msp).await, &msp.row().await["state"]), (Value::Null, &json!("synced")));
    assert_eq!(msp.addition()["quantity"], 9);
}
