//! The cookie of the portal's pages: it carries a session of a same-origin request, and of no other.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::{Msp, SIGN_IN, assert_refused};

const JSON: (&str, &str) = ("content-type", "application/json");
const PAGE: (&str, &str) = ("sec-fetch-site", "same-origin");

async fn sign_in(msp: &Msp, headers: &[(&'static str, &str)]) -> Response {
    msp.browser_request(Method::POST, SIGN_IN, headers, &msp.tokens().to_string()).await
}

/// Returns the cookie, `name=value`, of a page that signed in.
async fn signed_in(msp: &Msp) -> String {
    let answer = sign_in(msp, &[JSON, PAGE]).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=28800");
    assert!(pair.starts_with("__Host-session=") && pair.len() > 32 + "__Host-session=".len(), "{pair}");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body.get("token"), None, "a script could read it: {body}");
    pair.to_owned()
}

#[tokio::test]
async fn a_page_works_and_signs_out_with_its_cookie() {
    let msp = Msp::start().await;
    let cookie = signed_in(&msp).await;
    let carried = ("cookie", cookie.as_str());
    let origin = msp.bss.stack.portal_url().replace("/portal", "");
    for page in [PAGE, ("origin", origin.as_str())] {
        let answer = msp.browser_request(Method::GET, "session/get", &[carried, page], "").await;
        assert_eq!(answer.status(), 200, "{page:?}");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let answer = msp.browser_request(Method::POST, "links/delete", &[carried, page, JSON], "{}").await;
        assert_eq!(answer.status(), 400, "a body without its members: {page:?}");
    }
    let out = msp.browser_request(Method::POST, "session/delete", &[carried, PAGE, JSON], "{}").await;
    assert_eq!(out.status(), 200);
    let taken = out.headers()["set-cookie"].to_str().unwrap();
    assert_eq!(taken, "__Host-session=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
    let answer = msp.browser_request(Method::GET, "session/get", &[carried, PAGE], "").await;
    assert_refused(ErrorCode::SessionInvalid, &msp.bss.read(answer).await);
}

#[tokio::test]
async fn a_stolen_or_borne_cookie_is_refused_without_a_same_origin_request() {
    let msp = Msp::start().await;
    let cookie = signed_in(&msp).await;
    let carried = ("cookie", cookie.as_str());
    let token = cookie.split_once('=').unwrap().1;
    let plain = format!("session={token}");
    let evil = ("origin", "https://evil.example");
    for headers in [
        vec![carried],
        vec![carried, ("sec-fetch-site", "cross-site")],
        vec![carried, ("sec-fetch-site", "same-site")],
        vec![carried, ("sec-fetch-site", "none")],
        vec![carried, evil],
        vec![carried, ("sec-fetch-site", "cross-site"), evil],
        vec![("cookie", plain.as_str()), PAGE],
        vec![PAGE],
    ] {
        let answer = msp.browser_request(Method::GET, "session/get", &headers, "").await;
        assert_refused(ErrorCode::SessionInvalid, &msp.bss.read(answer).await);
    }
    // What a form of a neighbouring site can send.
    for content_type in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"] {
        let headers = [carried, PAGE, ("content-type", content_type)];
        let answer = msp.browser_request(Method::POST, "session/delete", &headers, "{}").await;
        assert_refused(ErrorCode::SessionInvalid, &msp.bss.read(answer).await);
    }
    let answer = msp.browser_request(Method::GET, "session/get", &[carried, PAGE], "").await;
    assert_eq!(answer.status(), 200, "the session is left as it was");
}

#[tokio::test]
async fn a_page_of_another_site_cannot_sign_a_browser_in() {
    let msp = Msp::start().await;
    for headers in
        [vec![JSON], vec![JSON, ("sec-fetch-site", "cross-site")], vec![JSON, ("origin", "https://evil.example")]]
    {
        let answer = sign_in(&msp, &headers).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers().get("set-cookie"), None, "{headers:?}");
        assert!(answer.json::<Value>().await.unwrap()["token"].is_string());
    }
}

#[tokio::test]
async fn a_programs_token_does_not_depend_on_a_cookie() {
    let msp = Msp::signed_in().await;
    let cookie = signed_in(&msp).await;
    let wrong = [("authorization", "Bearer 0123456789abcdef"), ("cookie", cookie.as_str()), PAGE];
    let answer = msp.browser_request(Method::GET, "session/get", &wrong, "").await;
    assert_refused(ErrorCode::SessionInvalid, &msp.bss.read(answer).await);
    msp.get("session/get").await;
    assert_eq!(msp.done("session/delete", &json!({})).await, json!({}));
    let answer = msp.browser_request(Method::GET, "session/get", &[("cookie", cookie.as_str()), PAGE], "").await;
    assert_eq!(answer.status(), 200, "the page's session is another one");
}
