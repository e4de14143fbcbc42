//! `POST portal/session/callback`

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use sandbox::identity::{CLIENT_SECRET, CLIENTS, Client, Redirect};
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

/// Returns the address of a sign-in with the client and the redirect URI of another one.
fn led_on(from: &Value, to: &Value) -> String {
    let url = |started: &Value| started["url"].as_str().unwrap().parse::<reqwest::Url>().unwrap();
    let others: BTreeMap<String, String> = url(to).query_pairs().into_owned().collect();
    let mut led = url(from);
    let pairs: Vec<(String, String)> = led.query_pairs().into_owned().collect();
    let pairs = pairs.into_iter().map(|(name, value)| match name.as_str() {
        "client_id" | "redirect_uri" => (name.clone(), others[&name].clone()),
        _ => (name, value),
    });
    led.query_pairs_mut().clear().extend_pairs(pairs);
    led.into()
}

#[tokio::test]
async fn an_answer_of_another_msps_provider_is_refused() {
    let one = connected().await;
    let other = one.other().await;
    other.connects_provider().await;
    other.done("people/save", &json!({"address": ZOE, "role": "owner"})).await;
    let visitor = one.with_token(None);
    let provider = &one.bss.stack.identity;
    let exchanges = || provider.calls().iter().filter(|call| call.path == "/token").count();
    for (msp, attacker) in [(&one, &other), (&other, &one)] {
        // The attacker's provider sends the person on to the MSP's, to get its code with the sign-in at the attacker's.
        let (begun, theirs) = (attacker.starts().await, msp.starts().await);
        let led = merged(begun.clone(), json!({"url": led_on(&begun, &theirs)}));
        let body = msp.at_provider(&led, ZOE);
        assert_eq!(body["msp"], msp.id().to_string());
        let text = visitor.refused(ErrorCode::SignInRefused, CALLBACK, &body).await;
        assert!(text.contains("not that of the identity provider at which the sign-in began"), "{text}");
        assert_eq!(exchanges(), 0, "the code goes nowhere");
        // A provider refuses the redirect URI of another client.
        let url = theirs["url"].as_str().unwrap().replace(&msp.id().to_string(), &attacker.id().to_string());
        assert!(provider.sign_in(&url, ZOE).is_err());
    }
    assert_eq!((one.signs_in(ZOE).await.0, other.signs_in(ZOE).await.0), (200, 200));
}

#[tokio::test]
async fn the_issuer_of_the_answer_is_compared() {
    let msp = connected().await;
    let visitor = msp.with_token(None);
    let other = json!({"iss": "https://other.example"});
    for iss in [other.clone(), json!({"iss": null})] {
        let body = merged(msp.at_provider(&msp.starts().await, ZOE), iss);
        visitor.refused(ErrorCode::SignInRefused, CALLBACK, &body).await;
    }
    let member = "/authorization_response_iss_parameter_supported";
    let patch = json!([{"op": "remove", "path": member}]);
    let rule = json!([{"path": "/.well-known/openid-configuration", "patch": patch}]);
    msp.bss.stack.identity.faults().set(serde_json::from_value(rule).unwrap());
    let body = merged(msp.at_provider(&msp.starts().await, ZOE), other);
    visitor.refused(ErrorCode::SignInRefused, CALLBACK, &body).await;
    let body = merged(msp.at_provider(&msp.starts().await, ZOE), json!({"iss": null}));
    visitor.done(CALLBACK, &body).await;
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
        json!({"claims": {"email_verified": null, "xms_edov": true}}),
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
    msp.connects_provider().await;
    zoe.get("session/get").await;
    // In the same second.
    msp.done("identity/delete", &json!({})).await;
    zoe.refused_get(ErrorCode::SessionInvalid, "session/get").await;
    msp.connects_provider().await;
    zoe.refused_get(ErrorCode::SessionInvalid, "session/get").await;
    msp.with_token(None).refused(ErrorCode::SignInRefused, CALLBACK, &under_way).await;
    msp.get("session/get").await;
    assert_eq!(msp.signs_in(ZOE).await.0, 200);
}

/// Sends an answer of the provider, and does `change` while the provider is asked for the token. Returns a client of the person.
async fn signs_in_during(msp: &Msp, change: impl Future<Output = ()>) -> Msp {
    let body = msp.at_provider(&msp.starts().await, ZOE);
    let faults = msp.bss.stack.identity.faults();
    faults.set(serde_json::from_value(json!([{"path": "/token", "delay_ms": 2000}])).unwrap());
    let visitor = msp.with_token(None);
    let asked = async {
        let until = Instant::now() + Duration::from_secs(10);
        while faults.in_flight() == 0 {
            assert!(Instant::now() < until, "the provider is not asked for the token");
            tokio::task::yield_now().await;
        }
        change.await;
    };
    let (session, ()) = tokio::join!(visitor.done(CALLBACK, &body), asked);
    faults.clear();
    msp.with_token(session["token"].as_str())
}

#[tokio::test]
async fn a_provider_that_is_replaced_during_a_sign_in_signs_no_one_in() {
    let msp = connected().await;
    let another = msp.provider(json!({"clientSecret": "another-secret"}));
    let zoe = signs_in_during(&msp, async {
        msp.done("identity/save", &another).await;
    })
    .await;
    zoe.refused_get(ErrorCode::SessionInvalid, "session/get").await;
    msp.get("session/get").await;
}

#[tokio::test]
async fn an_address_that_the_provider_gave_to_another_account_is_refused() {
    let msp = connected().await;
    let (_, session) = msp.signs_in(ZOE).await;
    let other = || wrong(&msp, json!({"claims": {"sub": "p-9"}}));
    other();
    let answer = msp.signs_in(ZOE).await;
    assert_refused(ErrorCode::SignInRefused, &answer);
    assert!(answer.1.to_string().contains("to add it again"), "{answer:?}");
    // A change of the role makes no other person of it.
    msp.done("people/save", &json!({"address": ZOE, "role": "billing"})).await;
    other();
    assert_refused(ErrorCode::SignInRefused, &msp.signs_in(ZOE).await);
    assert_eq!(msp.signs_in(ZOE).await.0, 200, "the first account");
    msp.with_token(session["token"].as_str()).get("session/get").await;
    msp.done("people/delete", &json!({"address": ZOE})).await;
    msp.done("people/save", &json!({"address": ZOE, "role": "billing"})).await;
    other();
    assert_eq!(msp.signs_in(ZOE).await.0, 200, "added again");
    assert_refused(ErrorCode::SignInRefused, &msp.signs_in(ZOE).await);
    // For another client the provider may have other ids.
    let redirect_uri = msp.get("identity/get").await["redirectUrl"].as_str().unwrap().to_owned();
    let [_, Client { id, secret }] = CLIENTS;
    msp.bss.stack.identity.register(Redirect { client_id: id.to_owned(), redirect_uri });
    msp.done("identity/save", &msp.provider(json!({"clientId": id, "clientSecret": secret}))).await;
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
