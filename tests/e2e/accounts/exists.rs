//! `POST accounts/exists`

use std::time::Duration;

use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{Bss, ORGANIZATION, SUBSCRIPTION, account, merged, reseller, result, without_reference};

const EXISTS: &str = "accounts/exists";

/// Calls `accounts/exists`, which must not change anything.
/// Returns the answer, without the reference at the end of a message.
async fn found(bss: &Bss, account: &Value) -> Value {
    let before = bss.writes();
    let answer = bss.answer(EXISTS, account).await;
    assert_eq!(bss.writes(), before);
    match (answer["Message"].as_str(), answer["Result"].as_str()) {
        (Some(message), Some(id)) if answer["Code"] == 2 => result(2, without_reference(message), id),
        _ => answer,
    }
}

#[tokio::test]
async fn no_candidate_is_0() {
    let bss = Bss::start().await;
    bss.in_portal(json!({"email": "other@other.example", "organization_name": "Contoso"})).await;
    assert_eq!(found(&bss, &account(json!({}))).await, result(0, "", ""), "a name alone is not enough");
}

#[tokio::test]
async fn an_organization_with_the_username_is_1() {
    let bss = Bss::start().await;
    let id = bss.in_portal(json!({"email": "IT@Contoso.example", "organization_name": "Contoso Ltd"})).await;
    assert_eq!(found(&bss, &account(json!({}))).await, result(1, "", &id));
    let by_email = account(json!({"SyncOptions": null, "Email": "it@contoso.example"}));
    assert_eq!(found(&bss, &by_email).await, result(1, "", &id));
}

#[tokio::test]
async fn an_organization_with_our_reference_is_1() {
    let bss = Bss::with_account().await;
    bss.done("accounts/delete", &account(json!({}))).await;
    // The account is deleted here, then reactivated and given another address in the vendor's portal: only our
    // reference identifies it.
    let reference = bss.organizations()[0]["external_id"].clone();
    bss.at_vendor(ORGANIZATION, json!({"email": "old@contoso.example", "external_id": null})).await;
    let id = bss.in_portal(json!({"email": "new@x.example", "organization_name": "X", "external_id": reference})).await;
    assert_eq!(found(&bss, &account(json!({}))).await, result(1, "", &id));
}

#[tokio::test]
async fn an_unsubscribed_organization_is_2_with_the_reason() {
    let bss = Bss::with_subscription().await;
    bss.done("subscriptions/cancel", &json!({"ID": SUBSCRIPTION})).await;
    let unsubscribed = result(
        2,
        "The Dropsuite organization 440032-6 is unsubscribed. Reactivate it in the Dropsuite portal, or order a subscription for the account that it belongs to.",
        ORGANIZATION,
    );
    assert_eq!(found(&bss, &account(json!({"ExternalID": ORGANIZATION}))).await, unsubscribed);
    assert_eq!(found(&bss, &account(json!({}))).await, unsubscribed, "the record knows it");
    bss.done("accounts/delete", &account(json!({}))).await;
    assert_eq!(found(&bss, &account(json!({}))).await, unsubscribed, "found by its email");
}

#[tokio::test]
async fn a_known_account_is_one_read() {
    let bss = Bss::with_account().await;
    for known in [account(json!({})), account(json!({"ExternalID": ORGANIZATION}))] {
        let before = bss.stack.dropsuite.calls().len();
        assert_eq!(found(&bss, &known).await, result(1, "", ORGANIZATION));
        let calls = &bss.stack.dropsuite.calls()[before..];
        assert_eq!(calls.iter().map(|call| call.path.as_str()).collect::<Vec<_>>(), ["/api/users/440032-6"]);
    }
}

#[tokio::test]
async fn an_external_id_is_verified_at_the_vendor() {
    let bss = Bss::start().await;
    assert_eq!(found(&bss, &account(json!({"ExternalID": "1-6"}))).await, result(0, "", ""));
    let strange = account(json!({"ExternalID": "../plans?x=1#"}));
    assert_eq!(found(&bss, &strange).await, result(0, "", ""), "an id is never a path");
}

#[tokio::test]
async fn an_organization_of_another_account_is_2() {
    let bss = Bss::with_account().await;
    let answer = found(&bss, &account(json!({"ID": "1002"}))).await;
    let message = "440032-6 at the vendor is linked with the account 1001 of the platform. Delete that account first, or use another email address.";
    assert_eq!(answer, result(2, message, ORGANIZATION));
}

#[tokio::test]
async fn two_candidates_are_ambiguous() {
    let bss = Bss::start().await;
    bss.in_portal(json!({"email": "it@contoso.example", "organization_name": "Contoso A"})).await;
    let other = bss.in_portal(json!({"email": "b@contoso.example", "organization_name": "Contoso B"})).await;
    bss.at_vendor(&other, json!({"email": "IT@CONTOSO.example"})).await;
    let message = bss.refused(ErrorCode::Ambiguous, EXISTS, &account(json!({}))).await;
    assert!(message.contains(ORGANIZATION) && message.contains(&other), "{message}");
    assert_eq!(bss.writes(), [""; 0]);
}

#[tokio::test]
async fn a_reseller_is_searched_among_resellers() {
    let bss = Bss::start().await;
    bss.in_portal(json!({"email": "it@resell.example", "organization_name": "Resell"})).await;
    assert_eq!(found(&bss, &reseller(json!({}))).await, result(0, "", ""), "an organization is no reseller");
    let named = reseller(json!({"SyncOptions": {"username": "boss@resell.example"}}));
    let id = bss.done("accounts/synchronize", &named).await;
    assert_eq!(found(&bss, &named).await, result(1, "", &id));
}

#[tokio::test]
async fn a_search_is_bounded_and_resumes() {
    let bss = Bss::start_with(Options { search_pages: Some(1), ..Options::from_env() }).await;
    for n in 0..205 {
        bss.in_portal(json!({"email": format!("o{n}@many.example"), "organization_name": format!("Many {n}")})).await;
    }
    let last = account(json!({"SyncOptions": {"username": "o204@many.example"}}));
    for pages in 1..=2 {
        let message = bss.refused(ErrorCode::SearchIncomplete, EXISTS, &last).await;
        assert!(message.contains(&format!("{pages} pages were searched so far")), "{message}");
        assert_eq!(bss.stack.dropsuite.calls().len(), pages, "one page a call");
    }
    let id = bss.organizations()[204]["id"].as_str().unwrap().to_owned();
    assert_eq!(found(&bss, &last).await, result(1, "", &id));
    assert_eq!(bss.stack.dropsuite.calls().len(), 4, "the last page, and the organization itself");
}

#[tokio::test]
async fn pages_are_read_at_once_when_their_number_is_known() {
    let bss = Bss::start_with(Options { deadline: Duration::from_secs(10), ..Options::from_env() }).await;
    for n in 0..1605 {
        let row = json!({"email": format!("o{n}@many.example"), "organization_name": format!("Many {n}")});
        bss.stack.dropsuite.create_in_portal(&row).unwrap();
    }
    // In sequence they would take 16 seconds, of which the deadline leaves 6.5.
    bss.vendor_faults(json!([{"method": "GET", "path": "/users", "after": 1, "delay_ms": 1000}]));
    assert_eq!(found(&bss, &account(json!({}))).await, result(0, "", ""));
    let pages = bss.stack.dropsuite.calls().len();
    assert_eq!(pages, 17, "each page is read once, and none beyond the last");
}

#[tokio::test]
async fn a_page_that_is_not_given_ends_the_call_and_not_the_search() {
    let bss = Bss::start().await;
    for n in 0..1001 {
        let row = json!({"email": format!("o{n}@many.example"), "organization_name": format!("Many {n}")});
        bss.stack.dropsuite.create_in_portal(&row).unwrap();
    }
    let limited = json!({"method": "GET", "path": "/users", "status": 429, "headers": {"Retry-After": 60}});
    let (mut searched, mut calls) = (0, 0);
    loop {
        // Every other page is refused, as a vendor does that gets too many requests at once.
        bss.vendor_faults(json!([merged(limited.clone(), json!({"after": 2}))]));
        let (_, answer) = bss.post(EXISTS, &account(json!({}))).await;
        calls += 1;
        if answer == result(0, "", "") {
            break;
        }
        let message = answer["Message"].as_str().unwrap();
        let pages: u32 = message.split(" pages").next().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
        assert!(pages > searched, "{message}");
        searched = pages;
    }
    assert!(calls < 11, "{calls}");
}

#[tokio::test]
async fn a_search_ends_where_the_vendor_repeats_a_page() {
    let bss = Bss::start_with(Options { search_pages: Some(1), ..Options::from_env() }).await;
    bss.done("accounts/synchronize", &reseller(json!({"SyncOptions": {"username": "boss@resell.example"}}))).await;
    let other = reseller(json!({"ID": "R-2", "ResellerID": "R-2", "SyncOptions": {"username": "it@other.example"}}));
    let message = bss.refused(ErrorCode::SearchIncomplete, EXISTS, &other).await;
    assert!(message.contains("1 pages were searched so far"), "{message}");
    assert_eq!(found(&bss, &other).await, result(0, "", ""), "the list of resellers ignores the number of the page");
}

#[tokio::test]
async fn an_interrupted_search_keeps_its_candidates() {
    let bss = Bss::start_with(Options { search_pages: Some(1), ..Options::from_env() }).await;
    for n in 0..101 {
        bss.in_portal(json!({"email": format!("o{n}@many.example"), "organization_name": format!("Many {n}")})).await;
    }
    let first = account(json!({"SyncOptions": {"username": "o0@many.example"}}));
    bss.refused(ErrorCode::SearchIncomplete, EXISTS, &first).await;
    assert_eq!(found(&bss, &first).await, result(1, "", ORGANIZATION), "it was on the first page");
}

#[tokio::test]
async fn a_search_needs_an_address_or_an_id() {
    let bss = Bss::start().await;
    let nameless = account(json!({"Email": "", "SyncOptions": {"username": "contoso"}}));
    bss.refused(ErrorCode::EmailInvalid, EXISTS, &nameless).await;
    bss.refused(ErrorCode::BadRequest, EXISTS, &account(json!({"ID": null}))).await;
    bss.refused(ErrorCode::RoleInvalid, EXISTS, &account(json!({"SyncOptions": {"role": "king"}}))).await;
    assert_eq!(bss.stack.dropsuite.calls(), []);
}
