//! `POST portal/organizations/impersonate`

use reqwest::Method;
use sandbox::dropsuite::PARTNERS;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{ORGANIZATION, is_history};
use crate::portal::msp::bodies::{BLUE_LIGHT, company};
use crate::portal::msp::{Msp, SUSPEND, UNSUBSCRIBE};

const IMPERSONATE: &str = "organizations/impersonate";

#[tokio::test]
async fn returns_a_new_link_each_time_and_keeps_none() {
    let msp = Msp::with_tenant().await;
    let (vendor, records) = msp.bss.effects().await;
    let body = json!({"organization": ORGANIZATION});
    let answer = msp.request(Method::POST, IMPERSONATE, body.to_string()).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let (status, link) = msp.bss.read(answer).await;
    assert_eq!((status, &link["organization"]), (200, &json!(ORGANIZATION)));
    let url = link["url"].as_str().unwrap();
    assert!(url.starts_with("https://"), "{url}");
    let again = msp.done(IMPERSONATE, &body).await;
    assert_ne!(again["url"], url);
    let (vendor_after, after) = msp.bss.effects().await;
    assert_eq!(vendor_after, vendor);
    let (entries, after): (Vec<_>, Vec<_>) = after.into_iter().partition(is_history);
    let (entries_before, before): (Vec<_>, Vec<_>) = records.into_iter().partition(is_history);
    assert_eq!(after, before, "only the history is written");
    assert_eq!(entries.len(), entries_before.len() + 2, "{entries:?}");
    assert!(!format!("{entries:?}").contains(url), "no link is kept");
    let asked = msp.bss.stack.dropsuite.calls().iter().filter(|call| call.path.ends_with("/sso")).count();
    assert_eq!(asked, 2);
}

#[tokio::test]
async fn a_suspended_organization_can_be_entered_and_an_ended_one_not() {
    let msp = Msp::with_tenant().await;
    let body = json!({"organization": ORGANIZATION});
    msp.done(SUSPEND, &company(BLUE_LIGHT)).await;
    msp.done(IMPERSONATE, &body).await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.refused(ErrorCode::StateConflict, IMPERSONATE, &body).await;
}

#[tokio::test]
async fn only_its_own_partner_enters_an_organization() {
    let msp = Msp::with_tenant().await;
    let other = msp.other().await;
    let body = json!({"organization": ORGANIZATION});
    other.refused(ErrorCode::MissingAtVendor, IMPERSONATE, &body).await;
    let foreign = json!({"id": ORGANIZATION, "reseller_token": PARTNERS[0].reseller_token});
    let sso = json!({"path": "/users/*/sso", "status": 200, "body": {"url": "https://portal.example/sso/1"}});
    msp.bss.vendor_faults(json!([{"path": format!("/users/{ORGANIZATION}"), "status": 200, "body": foreign}, sso]));
    other.refused(ErrorCode::MissingAtVendor, IMPERSONATE, &body).await;
    let asked = msp.bss.stack.dropsuite.calls().iter().filter(|call| call.path.ends_with("/sso")).count();
    assert_eq!(asked, 0, "no link is made for another partner's organization");
    msp.bss.vendor_faults(json!([]));
    for id in ["440099-6", "", "a/b", "../users"] {
        msp.refused(ErrorCode::MissingAtVendor, IMPERSONATE, &json!({"organization": id})).await;
    }
    msp.invalid_fields(&["organization"], IMPERSONATE, &json!({})).await;
    msp.refused(ErrorCode::BadRequest, IMPERSONATE, &json!({"organization": ORGANIZATION, "url": "x"})).await;
}

#[tokio::test]
async fn an_answer_without_a_usable_link_is_refused_and_never_quoted() {
    let msp = Msp::with_tenant().await;
    let own = msp.bss.organization(ORGANIZATION, &json!({"authentication_token": ""}))["authentication_token"].clone();
    let own = own.as_str().unwrap();
    for answer in [
        json!({"url": "http://portal.example/sso/1"}),
        json!({"url": "javascript:alert(1)"}),
        json!({"url": format!("https://portal.example/?token={own}")}),
        json!({"url": format!("https://portal.example/?token={}", PARTNERS[0].admin_token)}),
        json!({"url": "https://portal.example/sso/1", "logout": "https://portal.example/out"}),
        json!({"message": "sent"}),
        json!([]),
        json!(null),
    ] {
        msp.bss.vendor_faults(json!([{"path": "/users/*/sso", "status": 200, "body": answer}]));
        let message =
            msp.refused(ErrorCode::VendorUnavailable, IMPERSONATE, &json!({"organization": ORGANIZATION})).await;
        assert!(!message.contains("portal.example") && !message.contains(own), "{answer}: {message}");
    }
    for (fault, code) in [
        (json!({"status": 404}), ErrorCode::VendorRefused),
        (json!({"status": 422, "body": {"error": "is locked"}}), ErrorCode::VendorRefused),
        (json!({"status": 401}), ErrorCode::CredentialsRefused),
        (json!({"status": 503}), ErrorCode::VendorUnavailable),
    ] {
        let mut rule = fault;
        rule["path"] = json!("/users/*/sso");
        msp.bss.vendor_faults(json!([rule]));
        msp.refused(code, IMPERSONATE, &json!({"organization": ORGANIZATION})).await;
    }
    for link in
        [json!("\"https://portal.example/sso/1\""), json!({"login_url": "https://portal.example/sso/1", "ttl": 60})]
    {
        msp.bss.vendor_faults(json!([{"path": "/users/*/sso", "status": 200, "body": link}]));
        let answer = msp.done(IMPERSONATE, &json!({"organization": ORGANIZATION})).await;
        assert_eq!(answer["url"], "https://portal.example/sso/1");
    }
}
