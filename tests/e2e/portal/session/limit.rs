//! `POST portal/session/start` from an office, whose people share one address.

use std::net::IpAddr;

use jiff::SignedDuration;
use serde_json::json;
use service_manager::auth::sign_in_limit;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::Msp;

const ZOE: &str = "zoe@msp.example";

/// Counts as many starts from `source`, which are never ended.
async fn begins(msp: &Msp, count: i64, source: Option<IpAddr>) {
    let (store, now) = (&msp.bss.stack.app.store, msp.bss.stack.clock.now());
    for number in 0..count {
        sign_in_limit::count_start(store, now + SignedDuration::from_nanos(number), source).await.unwrap();
    }
}

#[tokio::test]
async fn a_sign_in_that_ends_is_not_counted() {
    let msp = Msp::signed_in().await;
    msp.connects_provider().await;
    msp.done("people/save", &json!({"address": ZOE, "role": "support"})).await;
    begins(&msp, 299, Some("127.0.0.1".parse().unwrap())).await;
    for _ in 0..3 {
        assert_eq!(msp.signs_in(ZOE).await.0, 200);
    }
    let under_way = msp.starts().await;
    let (visitor, start) = (msp.with_token(None), json!({"msp": msp.id().to_string()}));
    let message = visitor.refused(ErrorCode::TooManyTries, "session/start", &start).await;
    assert!(message.contains("your network"), "{message}");
    visitor.done("session/callback", &msp.at_provider(&under_way, ZOE)).await;
    msp.starts().await;
    visitor.refused(ErrorCode::TooManyTries, "session/start", &start).await;
    msp.bss.stack.clock.advance(SignedDuration::from_mins(15));
    msp.starts().await;
}

#[tokio::test]
async fn callers_without_an_address_are_one_source() {
    let msp = Msp::start().await;
    begins(&msp, 300, None).await;
    let (store, now) = (&msp.bss.stack.app.store, msp.bss.stack.clock.now());
    let refused = sign_in_limit::count_start(store, now, None).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::TooManyTries);
    sign_in_limit::count_start(store, now, Some("192.0.2.1".parse().unwrap())).await.unwrap();
}
