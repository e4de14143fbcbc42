//! Limits, the vendor's and ours.

use std::time::Duration;

use serde_json::json;
use service_manager::connectwise::ConnectWiseError;
use service_manager::connectwise::api::company;

use super::{ACME, DEMO, Desk};

#[tokio::test]
async fn nobody_waits_longer_than_there_is_time() {
    let desk = Desk::start().await;
    desk.settings(json!({ "requestsPerMinute": 1 }));
    desk.client().one(&company::get(ACME)).await.unwrap();
    let error = desk.client().one(&company::get(ACME)).await.unwrap_err();
    let ConnectWiseError::Busy { retry_after: Some(wait) } = error else { panic!("{error}") };
    assert!((30..=60).contains(&wait.as_secs()), "{wait:?}");
}

#[tokio::test]
async fn a_wait_that_there_is_time_for_is_waited() {
    let desk = Desk::start().await;
    let body = json!({ "error": "ConnectWiseAPI", "message": "Too many requests. Please try again in 0 seconds." });
    desk.faults(
        json!([{ "path": "/company/*", "times": 1, "status": 429, "headers": { "Retry-After": 0 }, "body": body }]),
    );
    assert_eq!(desk.client().one(&company::get(ACME)).await.unwrap().id, ACME);
    assert_eq!(desk.calls("GET", "/company/companies/19"), 2);
}

#[tokio::test]
async fn our_own_limit_is_kept_before_anything_is_sent() {
    let mut desk = Desk::with(DEMO, 2).await;
    desk.budget = Duration::from_secs(5);
    // The look-up of the codebase is the first request, and the next has to wait for most of a minute.
    let error = desk.client().one(&company::get(ACME)).await.unwrap_err();
    let ConnectWiseError::Busy { retry_after: Some(wait) } = error else { panic!("{error}") };
    assert!(wait > Duration::from_secs(30), "{wait:?}");
    assert_eq!(desk.sandbox.calls().len(), 1);
    assert!(error.explain().contains("Try again in a few minutes"));
}

#[tokio::test]
async fn an_instance_that_is_not_there() {
    let mut desk = Desk::start().await;
    desk.budget = Duration::from_secs(3);
    desk.faults(json!([{ "path": "*", "drop": "before" }]));
    let error = desk.client().one(&company::get(ACME)).await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::Unreached { .. }), "{error}");
}
