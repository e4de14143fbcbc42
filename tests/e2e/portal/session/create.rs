//! `POST portal/session/create`

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use sandbox::dropsuite::PARTNERS;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::endpoints::Access;
use service_manager::endpoints::portal::PORTAL_ENDPOINTS;

use sandbox::stack::Options;
use service_manager::runtime::http_api::MAX_BODY;
use service_manager::vendor::VendorName;

use crate::client::{BACKUP, Bss, merged};
use crate::portal::msp::bodies::{BLUE_BACKUP, BLUE_LIGHT, company, plan};
use crate::portal::msp::{
    ACTIVATE, CREATE_PLAN, LINK, Msp, ORDER, RETRY, SIGN_IN, SUSPEND, UNLINK, UNSUBSCRIBE, UPDATE, assert_refused,
};

#[tokio::test]
async fn creates_a_session_of_half_an_hour() {
    let msp = Msp::start().await;
    let session = msp.done(SIGN_IN, &msp.tokens()).await;
    let members = ["connectWiseConfigured", "endsAt", "expiresAt", "role", "token"];
    assert_eq!(session.as_object().unwrap().keys().collect::<Vec<_>>(), members);
    assert_eq!(session["connectWiseConfigured"], false);
    for (member, minutes) in [("expiresAt", 30), ("endsAt", 8 * 60)] {
        let ends: Timestamp = session[member].as_str().unwrap().parse().unwrap();
        let left = ends.duration_since(msp.bss.stack.clock.now());
        assert!(
            (SignedDuration::from_mins(minutes - 1)..=SignedDuration::from_mins(minutes)).contains(&left),
            "{left}"
        );
    }
    assert!(session["token"].as_str().unwrap().len() >= 32, "too short to be unguessable");
    assert_ne!(session["token"], msp.done(SIGN_IN, &msp.tokens()).await["token"]);
}

#[tokio::test]
async fn the_token_is_not_in_the_table() {
    let msp = Msp::start().await;
    let session = msp.done(SIGN_IN, &msp.tokens()).await;
    let text = json!(msp.bss.table().await).to_string();
    for secret in [session["token"].as_str().unwrap(), PARTNERS[0].reseller_token, PARTNERS[0].admin_token] {
        assert!(!text.contains(secret), "a secret in the table");
    }
}

#[tokio::test]
async fn wrong_tokens_are_rejected() {
    let msp = Msp::start().await;
    let unknown = "99999999-9999-4999-8999-999999999999";
    for wrong in [
        json!({"accessToken": unknown}),
        json!({"resellerToken": unknown}),
        json!({"accessToken": PARTNERS[1].admin_token}),
    ] {
        msp.refused(ErrorCode::CredentialsRefused, SIGN_IN, &merged(msp.tokens(), wrong)).await;
    }
    for blank in [json!({"accessToken": ""}), json!({"resellerToken": " "}), json!({"apiUrl": "https://evil.example"})]
    {
        msp.refused(ErrorCode::SettingInvalid, SIGN_IN, &merged(msp.tokens(), blank)).await;
    }
}

#[tokio::test]
async fn an_organizations_own_token_is_refused() {
    let msp = Msp::start().await;
    let id = msp.bss.in_portal(json!({"email": "it@contoso.example", "organization_name": "Contoso"})).await;
    let own = msp.bss.organization(&id, &json!({"authentication_token": ""}))["authentication_token"].clone();
    msp.refused(ErrorCode::CredentialsRefused, SIGN_IN, &merged(msp.tokens(), json!({"accessToken": own}))).await;
}

#[tokio::test]
async fn an_answer_without_plans_or_organizations_proves_nothing() {
    let msp = Msp::signed_in().await;
    msp.bss.in_portal(json!({"email": "it@contoso.example", "organization_name": "Contoso"})).await;
    let empty_page = json!({"result_set": [], "pagination": {"current_page": 1, "total_pages": 1}});
    let strange = json!([{"id": "440032-6", "reseller_token": "99999999-9999-4999-8999-999999999999"}]);
    for (fault, named) in [
        (json!({"path": "/plans", "status": 200, "body": []}), "plans"),
        (json!({"path": "/plans", "status": 200, "body": empty_page}), "plans"),
        (json!({"path": "/users*", "status": 200, "body": []}), "organizations"),
        (json!({"path": "/users*", "status": 200, "body": empty_page}), "organizations"),
        (json!({"path": "/users*", "status": 200, "body": [{"id": "440032-6"}]}), "organizations"),
        (json!({"path": "/users*", "status": 200, "body": strange}), "organizations"),
    ] {
        msp.bss.vendor_faults(json!([fault]));
        let message = msp.refused(ErrorCode::CredentialsRefused, SIGN_IN, &msp.tokens()).await;
        assert!(message.contains(named), "{fault}: {message}");
    }
    for fault in [
        json!({"path": "/users*", "status": 503}),
        json!({"path": "/users*", "status": 204}),
        json!({"path": "/plans", "status": 204}),
        json!({"path": "/plans", "status": 200}),
        json!({"path": "/plans", "status": 200, "body": [{}]}),
    ] {
        msp.bss.vendor_faults(json!([fault]));
        msp.refused(ErrorCode::VendorUnavailable, SIGN_IN, &msp.tokens()).await;
    }
    msp.bss.vendor_faults(json!([]));
    msp.done(SIGN_IN, &msp.tokens()).await;
}

#[tokio::test]
async fn an_organizations_own_token_is_refused_whatever_the_vendor_shows_to_it() {
    let msp = Msp::start().await;
    let id = msp.bss.in_portal(json!({"email": "it@contoso.example", "organization_name": "Contoso"})).await;
    let members = json!({"id": "", "authentication_token": "", "reseller_token": ""});
    let row = msp.bss.organization(&id, &members);
    msp.bss.vendor_faults(json!([
        {"path": "/plans", "status": 200, "body": [{"id": BACKUP, "name": "Backup", "product_type": "res_backup"}]},
        {"path": "/users*", "status": 200, "body": [row]},
    ]));
    let own = merged(msp.tokens(), json!({"accessToken": row["authentication_token"]}));
    let message = msp.refused(ErrorCode::CredentialsRefused, SIGN_IN, &own).await;
    assert!(message.contains("an organization's own"), "{message}");
}

#[tokio::test]
async fn the_proof_reads_no_more_organizations_than_it_needs_and_has_a_bound() {
    let msp = Msp::on(Bss::start_with(Options { search_pages: Some(3), ..Options::from_env() }).await);
    msp.done(SIGN_IN, &msp.tokens()).await;
    let reads = || msp.bss.stack.dropsuite.calls().iter().filter(|call| call.path == "/api/users").count();
    assert_eq!(reads(), 1);
    // Full pages of a sub-partner's organizations, which carry another token.
    let row =
        |number: u64| json!({"id": format!("{number}-6"), "reseller_token": "99999999-9999-4999-8999-999999999999"});
    let pages = (0..9)
        .map(|number| json!({"path": "/users*", "after": number, "times": 1, "status": 200, "body": [row(number)]}));
    msp.bss.vendor_faults(Value::Array(pages.collect()));
    msp.refused(ErrorCode::CredentialsRefused, SIGN_IN, &msp.tokens()).await;
    assert_eq!(reads(), 1 + 3);
}

#[tokio::test]
async fn wrong_tries_are_limited_per_reseller_token() {
    let msp = Msp::start().await;
    let wrong =
        |number: usize| merged(msp.tokens(), json!({"accessToken": format!("99999999-9999-4999-8999-{number:012}")}));
    let answers = (0..40).map(|number| {
        let (msp, body) = (&msp, wrong(number).to_string());
        async move { msp.send(Method::POST, SIGN_IN, body).await.0 }
    });
    let statuses = futures::future::join_all(answers).await;
    let refused = statuses.iter().filter(|status| **status == 422).count();
    assert_eq!(refused, 10, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 30, "{statuses:?}");
    let asked = || msp.bss.stack.dropsuite.calls().len();
    let before = asked();
    let message = msp.refused(ErrorCode::TooManyTries, SIGN_IN, &msp.tokens()).await;
    assert!(message.contains("15 minutes"), "{message}");
    assert_eq!(asked(), before, "the vendor is not asked");
    let answer = msp.request(Method::POST, SIGN_IN, msp.tokens().to_string()).await;
    assert_eq!(answer.status(), 429);
    let seconds: u32 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((840..=900).contains(&seconds), "{seconds}");
    msp.bss.stack.clock.advance(SignedDuration::from_mins(15));
    msp.done(SIGN_IN, &msp.tokens()).await;
}

#[tokio::test]
async fn wrong_tries_by_others_do_not_lock_an_msp_out() {
    let msp = Msp::signed_in().await;
    let wrong = merged(msp.tokens(), json!({"accessToken": "99999999-9999-4999-8999-999999999999"}));
    for _ in 0..10 {
        msp.refused(ErrorCode::CredentialsRefused, SIGN_IN, &wrong).await;
    }
    msp.refused(ErrorCode::TooManyTries, SIGN_IN, &wrong).await;
    msp.done(SIGN_IN, &msp.tokens()).await;
}

#[tokio::test]
async fn wrong_tries_are_limited_per_source() {
    let msp = Msp::start().await;
    let wrong =
        |number: usize| json!({"resellerToken": format!("99999999-9999-4999-8999-{number:012}"), "accessToken": "x"});
    for number in 0..30 {
        msp.refused(ErrorCode::CredentialsRefused, SIGN_IN, &wrong(number)).await;
    }
    msp.refused(ErrorCode::TooManyTries, SIGN_IN, &wrong(30)).await;
    msp.refused(ErrorCode::TooManyTries, SIGN_IN, &msp.tokens()).await;
    msp.bss.stack.clock.advance(SignedDuration::from_mins(15));
    msp.done(SIGN_IN, &msp.tokens()).await;
}

#[tokio::test]
async fn right_tokens_and_outages_are_not_counted() {
    let msp = Msp::start().await;
    for _ in 0..12 {
        msp.done(SIGN_IN, &msp.tokens()).await;
    }
    let fresh = msp.bss.stack.clock.now();
    msp.bss.vendor_faults(json!([{"path": "/plans", "status": 503}]));
    let other = json!({"resellerToken": PARTNERS[1].reseller_token, "accessToken": PARTNERS[1].admin_token});
    for _ in 0..12 {
        msp.refused(ErrorCode::VendorUnavailable, SIGN_IN, &other).await;
    }
    msp.bss.vendor_faults(json!([]));
    msp.done(SIGN_IN, &other).await;
    assert!(msp.bss.stack.clock.now().duration_since(fresh) < SignedDuration::from_mins(15));
}

#[tokio::test]
async fn missing_and_unknown_members_are_named() {
    let msp = Msp::start().await;
    msp.invalid_fields(&["accessToken"], SIGN_IN, &json!({"resellerToken": "x"})).await;
    msp.invalid_fields(&["resellerToken"], SIGN_IN, &json!({"accessToken": "x"})).await;
    for (body, named) in [
        (merged(msp.tokens(), json!({"apiurl": "x"})), "apiurl"),
        (merged(msp.tokens(), json!({"accessToken": 5})), "accessToken"),
    ] {
        let message = msp.refused(ErrorCode::BadRequest, SIGN_IN, &body).await;
        assert!(message.contains(named), "{message}");
    }
    let answer = msp.send(Method::POST, SIGN_IN, "{".to_owned()).await;
    assert_refused(ErrorCode::BadRequest, &answer);
    let (status, answer) = msp.send(Method::GET, SIGN_IN, String::new()).await;
    assert_eq!((status, &answer["code"]), (405, &json!(ErrorCode::MethodNotAllowed.number())), "{answer}");
}

async fn assert_rejected_everywhere(msp: &Msp) {
    let others = PORTAL_ENDPOINTS.iter().filter(|endpoint| !matches!(endpoint.access, Access::Anonymous(_)));
    let mut tried = 0;
    for endpoint in others {
        let path = endpoint.path.strip_prefix("portal/").unwrap();
        let answer = msp.send(endpoint.method.clone(), path, "{}".to_owned()).await;
        assert_refused(ErrorCode::SessionInvalid, &answer);
        assert_eq!(answer.0, 401, "{path}");
        tried += 1;
    }
    assert_eq!(tried, PORTAL_ENDPOINTS.len() - 3);
}

#[tokio::test]
async fn every_endpoint_needs_a_session() {
    let msp = Msp::start().await;
    assert_rejected_everywhere(&msp).await;
    for made_up in ["0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "x", PARTNERS[0].admin_token] {
        assert_rejected_everywhere(&msp.with_token(Some(made_up))).await;
    }
    assert_eq!(msp.writes(), [""; 0]);
}

#[tokio::test]
async fn a_session_that_is_not_used_ends() {
    let msp = Msp::signed_in().await;
    msp.list("plans").await;
    msp.bss.stack.clock.advance(SignedDuration::from_mins(31));
    assert_rejected_everywhere(&msp).await;
    msp.with_new_session().await.list("plans").await;
}

#[tokio::test]
async fn a_session_that_is_used_lasts_eight_hours_and_is_written_seldom() {
    let msp = Msp::signed_in().await;
    let updates = || msp.bss.stack.dynamodb.operations().iter().filter(|operation| *operation == "UpdateItem").count();
    let before = updates();
    // Every 10 minutes for 7 hours and 50 minutes.
    for _ in 0..47 {
        msp.bss.stack.clock.advance(SignedDuration::from_mins(10));
        msp.get("session/get").await;
    }
    let session = msp.get("session/get").await;
    assert_eq!(session["expiresAt"], session["endsAt"]);
    // 48 uses, of which every second one is in the last 15 minutes.
    assert!((20..=24).contains(&(updates() - before)), "{}", updates() - before);
    msp.bss.stack.clock.advance(SignedDuration::from_mins(9));
    msp.list("plans").await;
    msp.bss.stack.clock.advance(SignedDuration::from_mins(2));
    assert_rejected_everywhere(&msp).await;
}

#[tokio::test]
async fn another_msp_has_no_access() {
    let msp = Msp::with_tenant().await;
    let application = msp.row().await["application"].clone();
    let other = msp.other().await;
    for list in ["plans", "links", "additions"] {
        assert_ne!(msp.list(list).await, json!([]), "{list}");
        assert_eq!(other.list(list).await, json!([]), "{list}");
    }
    for path in ["settings/get", "settings/options", "companies/list", "agreements/list?company=20"] {
        other.refused_get(ErrorCode::ConnectWiseNotConfigured, path).await;
    }
    other.refused(ErrorCode::ConnectWiseNotConfigured, CREATE_PLAN, &plan(json!({}))).await;
    other.set_up_connectwise().await;

    let before = (msp.bss.vendor(), msp.additions(), msp.products(), msp.list("links").await, msp.rows().await);
    other.invalid_fields(&["plan"], "plans/update", &json!({"plan": BACKUP, "price": 1})).await;
    other.invalid_fields(&["plan"], "plans/deactivate", &json!({"plan": BACKUP})).await;
    other.invalid_fields(&["plan"], ORDER, &crate::portal::msp::bodies::order(json!({}))).await;
    other.refused(ErrorCode::SubscriptionUnknown, UPDATE, &json!({"company": BLUE_LIGHT, "seats": 9})).await;
    for path in [SUSPEND, ACTIVATE, UNSUBSCRIBE] {
        other.refused(ErrorCode::SubscriptionUnknown, path, &company(BLUE_LIGHT)).await;
    }
    let organization = msp.bss.organizations()[0]["id"].clone();
    let link = json!({"organization": organization, "company": BLUE_LIGHT, "agreement": BLUE_BACKUP});
    other.invalid_fields(&["organization"], LINK, &link).await;
    let named = merged(link, json!({"application": application, "account": "20"}));
    other.invalid_fields(&["organization"], LINK, &named).await;
    other.refused(ErrorCode::ExternalIdTaken, UNLINK, &json!({"application": application, "account": "20"})).await;
    assert_eq!(other.done(RETRY, &json!({})).await, json!([]));
    let one: Value = json!({"application": application, "subscription": "20-1", "recreate": true});
    other.invalid_fields(&["subscription"], RETRY, &one).await;
    msp.wait_for_additions().await;
    let after = (msp.bss.vendor(), msp.additions(), msp.products(), msp.list("links").await, msp.rows().await);
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_vendor_without_msps_has_no_portal() {
    let dropbox = Options { vendor: VendorName::Dropbox, ..Options::from_env() };
    let msp = Msp::on(Bss::start_with(dropbox).await);
    msp.refused(ErrorCode::NotSupportedByVendor, SIGN_IN, &msp.tokens()).await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let msp = Msp::signed_in().await;
    let large = " ".repeat(MAX_BODY + 1);
    for path in [SIGN_IN, CREATE_PLAN] {
        assert_refused(ErrorCode::TooLarge, &msp.send(Method::POST, path, large.clone()).await);
    }
    let stranger = msp.with_token(None);
    assert_refused(ErrorCode::SessionInvalid, &stranger.send(Method::POST, CREATE_PLAN, large).await);
}
