//! `POST portal/session/start`

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::Msp;

const START: &str = "session/start";

/// Headers of a request of our own page.
const PAGE: [(&str, &str); 2] = [("sec-fetch-site", "same-origin"), ("content-type", "application/json")];

fn query_of(started: &Value) -> BTreeMap<String, String> {
    let url: reqwest::Url = started["url"].as_str().unwrap().parse().unwrap();
    url.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn a_person_is_asked_to_sign_in_anew() {
    let msp = Msp::signed_in().await;
    msp.connects_provider().await;
    let started = msp.starts().await;
    let url = started["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("{}/authorize?", msp.bss.stack.identity.issuer())), "{url}");
    let query = query_of(&started);
    let redirect_url = format!("{}/signed-in-{}", msp.bss.stack.portal_url(), msp.id());
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", sandbox::identity::CLIENT_ID),
        ("redirect_uri", redirect_url.as_str()),
        ("code_challenge_method", "S256"),
        ("prompt", "login"),
        ("max_age", "0"),
        ("scope", "openid email"),
    ] {
        assert_eq!(query[name], value, "{url}");
    }
    let again = query_of(&msp.starts().await);
    for name in ["state", "nonce", "code_challenge"] {
        assert!(query[name].len() >= 43 && query[name] != again[name], "{name}: {url}");
    }
    let secret = started["signIn"].as_str().unwrap();
    assert!(!url.contains(secret));
    let stored = msp.bss.table().await.iter().map(ToString::to_string).collect::<String>();
    for value in [secret, &query["state"], &query["nonce"], sandbox::identity::CLIENT_SECRET] {
        assert!(!stored.contains(value), "only fingerprints are stored: {value}");
    }
}

#[tokio::test]
async fn a_page_gets_the_secret_in_a_cookie() {
    let msp = Msp::signed_in().await;
    msp.connects_provider().await;
    let body = json!({"msp": msp.id().to_string()}).to_string();
    let answer = msp.browser_request(Method::POST, START, &PAGE, &body).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["__Host-sign-in=", "Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let started: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(started.get("signIn"), None);
    let mut back = msp.at_provider(&started, "zoe@msp.example");
    back.as_object_mut().unwrap().remove("signIn");
    msp.done("people/save", &json!({"address": "zoe@msp.example", "role": "support"})).await;
    let other = msp.browser_request(Method::POST, "session/callback", &PAGE, &back.to_string()).await;
    assert_eq!(other.status(), 401, "another browser did not begin it");
    let pair = cookie.split(';').next().unwrap();
    let own = [("cookie", pair), PAGE[0], PAGE[1]];
    let answer = msp.browser_request(Method::POST, "session/callback", &own, &back.to_string()).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["set-cookie"].to_str().unwrap().starts_with("__Host-session="));
    let session: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!((session.get("token"), &session["role"]), (None, &json!("support")));
}

#[tokio::test]
async fn without_a_provider_no_person_signs_in() {
    let msp = Msp::signed_in().await;
    let visitor = msp.with_token(None);
    visitor.refused(ErrorCode::SignInRefused, START, &json!({"msp": msp.id().to_string()})).await;
    visitor.invalid_fields(&["msp"], START, &json!({"msp": "x"})).await;
    msp.connects_provider().await;
    let rule = json!([{"path": "/.well-known/openid-configuration", "status": 503}]);
    msp.bss.stack.identity.faults().set(serde_json::from_value(rule).unwrap());
    visitor.refused(ErrorCode::IdentityProviderUnavailable, START, &json!({"msp": msp.id().to_string()})).await;
}
