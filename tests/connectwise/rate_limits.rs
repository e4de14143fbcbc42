//! Rate limits: the vendor's and the client's own.

use std::time::Duration;

use serde_json::json;
use service_manager::connectwise::ConnectWiseError;
use service_manager::connectwise::api::company;

use super::{ACME, DEMO, Fixture};

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_an_error() {
    let fixture = Fixture::start().await;
    fixture.settings(json!({ "requestsPerMinute": 1 }));
    fixture.client().send(&company::get(ACME)).await.unwrap();
    let error = fixture.client().send(&company::get(ACME)).await.unwrap_err();
    let ConnectWiseError::RateLimited { retry_after: Some(wait) } = error else { panic!("{error}") };
    assert!((30..=60).contains(&wait.as_secs()), "{wait:?}");
}

#[tokio::test]
async fn a_wait_within_the_deadline_is_made() {
    let fixture = Fixture::start().await;
    let body = json!({ "error": "ConnectWiseAPI", "message": "Too many requests. Please try again in 0 seconds." });
    fixture.faults(
        json!([{ "path": "/company/*", "times": 1, "status": 429, "headers": { "Retry-After": 0 }, "body": body }]),
    );
    assert_eq!(fixture.client().send(&company::get(ACME)).await.unwrap().id, ACME);
    assert_eq!(fixture.calls("GET", "/company/companies/19"), 2);
}

#[tokio::test]
async fn the_clients_own_limit_applies_before_sending() {
    let mut fixture = Fixture::with(DEMO, 2).await;
    fixture.budget = Duration::from_secs(5);
    // The first request is the codebase look-up. The next one would have to wait for most of a minute.
    let error = fixture.client().send(&company::get(ACME)).await.unwrap_err();
    let ConnectWiseError::RateLimited { retry_after: Some(wait) } = error else { panic!("{error}") };
    assert!(wait > Duration::from_secs(30), "{wait:?}");
    assert_eq!(fixture.sandbox.calls().len(), 1);
    assert!(error.user_message().contains("Try again in a few minutes"));
}

#[tokio::test]
async fn an_unreachable_instance() {
    let mut fixture = Fixture::start().await;
    fixture.budget = Duration::from_secs(3);
    fixture.faults(json!([{ "path": "*", "drop": "before" }]));
    let error = fixture.client().send(&company::get(ACME)).await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::NotSent { .. }), "{error}");
}
