//! `POST portal/session/callback`

use jiff::SignedDuration;
use sandbox::identity::CLIENT_SECRET;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::merged;
use crate::portal::msp::{Msp, SIGN_IN, assert_refused};

const CALLBACK: &str = "session/callback";
const ZOE: &str = "zoe@msp.example";

/// Returns an MSP with a provider, and Zoe as a person who supports.
async fn connected() -> Msp {
    let msp = Msp::signed_in().await;
    msp.connects_provider().await;
    msp.done("people/save", &json!({"address": "Zoe@MSP.example", "role": "support"})).await;
    msp
}

fn wrong(msp: &Msp, wrong: Value) {
    msp.bss.stack.identity.set_wrong_tokens(vec![serde_json::from_value(wrong).unwrap()]);
}

#[tokio::test]
async fn a_person_gets_a_session_with_its_role() {
    let msp = connected().await;
    let (status, session) = msp.signs_in(ZOE).await;
    assert_eq!((status, &session["role"], &session["person"]), (200, &json!("support"), &json!(ZOE)), "{session}");
    let zoe = msp.with_token(session["token"].as_str());
    assert_eq!(zoe.get("session/get").await["person"], ZOE);
    zoe.done("ticketrules/save", &json!({"quietHours": {"start": "22:00", "end": "06:00"}})).await;
    zoe.refused(ErrorCode::RoleTooLow, "people/save", &json!({"address": ZOE, "role": "owner"})).await;
    assert_eq!(msp.get("history/list?action=ticketrules").await["history"][0]["by"], ZOE);
    let (_, again) = msp.signs_in(ZOE).await;
    assert_ne!(again["token"], session["token"], "each sign-in is a session of its own");
    zoe.done("session/delete", &json!({})).await;
    msp.with_token(again["token"].as_str()).get("session/get").await;
}

#[tokio::test]
async fn a_sign_in_is_used_once_by_the_browser_that_began_it() {
    let msp = connected().await;
    let visitor = msp.with_token(None);
    let (one, other) = (msp.starts().await, msp.starts().await);
    let body = msp.at_provider(&one, ZOE);
    for changed in [json!({"signIn": other["signIn"]}), json!({"state": "x"}), json!({"signIn": null})] {
        visitor.refused(ErrorCode::SignInRefused, CALLBACK, &merged(body.clone(), changed)).await;
    }
    visitor.done(CALLBACK, &body).await;
    visitor.refused(ErrorCode::SignInRefused, CALLBACK, &body).await;
    let late = msp.at_provider(&other, ZOE);
    msp.bss.stack.clock.advance(SignedDuration::from_mins(11));
    visitor.refused(ErrorCode::SignInRefused, CALLBACK, &late).await;
    let made_up = merged(msp.at_provider(&msp.starts().await, ZOE), json!({"code": "code-0"}));
    visitor.refused(ErrorCode::SignInRefused, CALLBACK, &made_up).await;
    let slow = msp.at_provider(&msp.starts().await, ZOE);
    msp.bss.stack.clock.advance(SignedDuration::from_mins(2));
    visitor.refused(ErrorCode::SignInRefused, CALLBACK, &slow).await;
}

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let msp = connected().await;
    let now = msp.bss.stack.clock.now().as_second();
    for token in [
        json!({"foreignKey": true}),
        json!({"unsigned": true}),
        json!({"missing": true}),
        json!({"claims": {"iss": "https://other.example"}}),
        json!({"claims": {"aud": "another-client"}}),
        json!({"claims": {"aud": ["portal-client", "another-client"]}}),
        json!({"claims": {"nonce": "x"}}),
        json!({"claims": {"nonce": null}}),
        json!({"claims": {"exp": now - 1}}),
        json!({"claims": {"auth_time": now - 3600}}),
        json!({"claims": {"auth_time": null}}),
        json!({"claims": {"email_verified": false}}),
        json!({"claims": {"email_verified": null}}),
        json!({"claims": {"email": null}}),
        json!({"claims": {"email": "stranger@msp.example"}}),
    ] {
        wrong(&msp, token.clone());
        let answer = msp.signs_in(ZOE).await;
        assert_refused(ErrorCode::SignInRefused, &answer);
        assert!(answer.1.get("token").is_none(), "{token}: {answer:?}");
    }
    assert_eq!(msp.signs_in(ZOE).await.0, 200, "the next token is right");
    assert_refused(ErrorCode::SignInRefused, &msp.signs_in("new@msp.example").await);
    assert_refused(ErrorCode::SignInRefused, &msp.signs_in("sue@msp.example").await);
}

#[tokio::test]
async fn another_provider_ends_the_sessions_of_people_and_their_sign_ins() {
    let msp = connected().await;
    let (_, session) = msp.signs_in(ZOE).await;
    let zoe = msp.with_token(session["token"].as_str());
    let under_way = msp.at_provider(&msp.starts().await, ZOE);
    msp.bss.stack.clock.advance(SignedDuration::from_secs(2));
    msp.connects_provider().await;
    zoe.get("session/get").await;
    msp.done("identity/delete", &json!({})).await;
    zoe.refused_get(ErrorCode::SessionInvalid, "session/get").await;
    msp.connects_provider().await;
    zoe.refused_get(ErrorCode::SessionInvalid, "session/get").await;
    msp.with_token(None).refused(ErrorCode::SignInRefused, CALLBACK, &under_way).await;
    msp.get("session/get").await;
    assert_eq!(msp.signs_in(ZOE).await.0, 200);
}

#[tokio::test]
async fn a_person_acts_with_the_credentials_of_the_msps_last_sign_in() {
    let msp = connected().await;
    let (_, session) = msp.signs_in(ZOE).await;
    let zoe = msp.with_token(session["token"].as_str());
    msp.bss.lose("partner").await;
    let others = merged(msp.tokens(), json!({"apiUrl": msp.bss.stack.dropsuite_url}));
    msp.done(SIGN_IN, &others).await;
    assert_eq!(zoe.get("session/get").await["person"], ZOE);
    msp.refused_get(ErrorCode::Internal, "session/get").await;
}

#[tokio::test]
async fn a_client_that_the_provider_refuses_is_the_owners_to_mend() {
    let msp = connected().await;
    msp.done("identity/save", &msp.provider(json!({"clientSecret": "another-secret"}))).await;
    let answer = msp.signs_in(ZOE).await;
    assert_refused(ErrorCode::SignInRefused, &answer);
    let text = answer.1.to_string();
    assert!(text.contains("owner") && !text.contains("another-secret") && !text.contains(CLIENT_SECRET), "{text}");
    let rule = json!([{"path": "/token", "status": 500}]);
    msp.bss.stack.identity.faults().set(serde_json::from_value(rule).unwrap());
    assert_refused(ErrorCode::IdentityProviderUnavailable, &msp.signs_in(ZOE).await);
}
