//! `POST portal/settings/save`

use futures::future::join;
use reqwest::Method;
use sandbox::connectwise::Settings;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{BACKUP, account};
use crate::portal::msp::bodies::{BLUE_BACKUP, BLUE_LIGHT, company, credentials, link, order, plan, ticket_mapping};
use crate::portal::msp::{CREATE_PLAN, CREDENTIALS, LINK, Msp, ORDER, SAVE, UNLINK, UNSUBSCRIBE, UPDATE, secrets};

/// Returns the credentials of another site. In the sandbox, every site leads to the same ConnectWise.
pub fn elsewhere() -> Value {
    credentials(json!({"siteUrl": "eu.myconnectwise.net"}))
}

/// Returns the fault that the record at `path` does not exist.
pub fn not_there(path: &str) -> Value {
    json!([{"method": "GET", "path": path, "status": 404, "body": {"code": "NotFound", "message": "not found", "errors": null}}])
}

async fn proved() -> Msp {
    let msp = Msp::signed_in().await;
    msp.done(CREDENTIALS, &credentials(json!({}))).await;
    msp
}

fn types(msp: &Msp) -> Vec<Value> {
    msp.records("configurationType")
        .into_iter()
        .filter(|records| records["name"] == "dropsuite_mailbox_actions")
        .collect()
}

fn entries(msp: &Msp) -> Vec<Value> {
    msp.records("menuEntry").into_iter().filter(|records| records["caption"] == "Dropsuite Email Backup").collect()
}

fn assert_one_of_each(msp: &Msp) {
    let (types, entries) = (types(msp), entries(msp));
    assert_eq!((types.len(), entries.len()), (1, 1), "{types:?} {entries:?}");
}

#[tokio::test]
async fn activates_the_settings() {
    let msp = proved().await;
    let saved = msp.done(SAVE, &ticket_mapping(json!({}))).await;
    assert_one_of_each(&msp);
    let expected = json!({
        "siteUrl": "api-na.myconnectwise.net", "companyIdentifier": "demo", "timeZone": "Eastern Standard Time",
        "board": 1, "newStatus": 11, "closedStatus": 13, "cancelledStatus": 14,
        "completedConfigurations": true, "configurationType": types(&msp)[0]["id"], "menuEntry": entries(&msp)[0]["id"],
    });
    assert_eq!(saved, expected);
    assert_eq!(msp.get("settings/get").await, expected);
    let entry = &entries(&msp)[0];
    assert_eq!(entry["menuLocation"]["name"], "Service Desk");
    assert_eq!(entry["link"], msp.bss.stack.portal_url());
    assert_eq!(entry["newWindowFlag"], true);
}

/// Sets the link of an entry, as an earlier release or a person did.
async fn led_to(msp: &Msp, id: &Value, link: &str) {
    let patch = json!([{"op": "replace", "path": "link", "value": link}]);
    msp.as_person(Method::PATCH, &format!("system/menuentries/{id}"), &patch).await;
}

#[tokio::test]
async fn an_entry_that_leads_elsewhere_is_mended_and_none_is_added() {
    let msp = Msp::set_up().await;
    let id = entries(&msp)[0]["id"].clone();
    let vendor = format!("{}/", msp.bss.stack.dropsuite_url.trim_end_matches("/api"));
    // The vendor's portal, as of an earlier release, and another address of ours.
    for link in [vendor.as_str(), "https://old.example/portal"] {
        led_to(&msp, &id, link).await;
        let saved = msp.done(SAVE, &ticket_mapping(json!({}))).await;
        assert_one_of_each(&msp);
        let entry = &entries(&msp)[0];
        assert_eq!((&entry["link"], &entry["id"], &saved["menuEntry"]), (&json!(msp.bss.stack.portal_url()), &id, &id));
    }
    let before = msp.writes();
    msp.done(SAVE, &ticket_mapping(json!({}))).await;
    assert_eq!(msp.writes(), before, "nothing is left to change");
}

#[tokio::test]
async fn an_entry_of_another_integration_stays_as_it_is() {
    let msp = proved().await;
    let other = json!({
        "caption": "Dropsuite Email Backup", "link": "https://other.example/", "newWindowFlag": true,
        "menuLocation": {"name": "Service Desk"},
    });
    msp.as_person(Method::POST, "system/menuentries", &other).await;
    msp.done(SAVE, &ticket_mapping(json!({}))).await;
    let links: Vec<_> = entries(&msp).iter().map(|entry| entry["link"].clone()).collect();
    assert_eq!(links, [json!("https://other.example/"), json!(msp.bss.stack.portal_url())]);
}

#[tokio::test]
async fn a_change_of_the_entry_that_does_not_show_is_no_success() {
    let msp = Msp::set_up().await;
    let id = entries(&msp)[0]["id"].clone();
    led_to(&msp, &id, "https://old.example/portal").await;
    let unchanged = json!([{"op": "replace", "path": "/link", "value": "https://old.example/portal"}]);
    msp.faults(json!([{"method": "PATCH", "path": "*/system/menuentries/*", "times": 1, "patch": unchanged}]));
    let message = msp.refused(ErrorCode::ConnectWiseRefused, SAVE, &ticket_mapping(json!({}))).await;
    assert!(message.contains("does not show it"), "{message}");
    msp.done(SAVE, &ticket_mapping(json!({}))).await;
    assert_eq!(entries(&msp)[0]["link"], msp.bss.stack.portal_url());
}

#[tokio::test]
async fn a_role_that_may_not_change_the_entry_is_told_which_right_it_lacks() {
    let msp = Msp::set_up().await;
    let id = entries(&msp)[0]["id"].clone();
    led_to(&msp, &id, "https://old.example/portal").await;
    msp.faults(json!([{
        "method": "PATCH", "path": "*/system/menuentries/*", "status": 403,
        "body": {"code": "Security", "message": "You do not have security permission", "errors": null},
    }]));
    let message = msp.refused(ErrorCode::ConnectWiseRefused, SAVE, &ticket_mapping(json!({"priority": 2}))).await;
    assert!(message.contains("System > Custom Menu Entry (Add, Edit, Inquire)"), "{message}");
    assert_eq!(msp.get("settings/get").await.get("priority"), None, "nothing was saved");
}

#[tokio::test]
async fn the_keys_are_not_in_the_table() {
    let msp = Msp::set_up().await;
    let text = json!(msp.bss.table().await).to_string();
    for secret in secrets() {
        assert!(!text.contains(&secret), "a key in the table");
    }
}

#[tokio::test]
async fn needs_credentials() {
    let msp = Msp::signed_in().await;
    msp.refused(ErrorCode::ConnectWiseNotConfigured, SAVE, &ticket_mapping(json!({}))).await;
}

#[tokio::test]
async fn every_invalid_setting_is_named() {
    let msp = proved().await;
    for (fault, fields) in [
        (json!({"board": 99}), vec!["board"]),
        (json!({"board": 3}), vec!["board"]),
        (json!({"board": 4}), vec!["board"]),
        (json!({"newStatus": 21}), vec!["newStatus"]),
        (json!({"newStatus": 15}), vec!["newStatus"]),
        (json!({"newStatus": 13}), vec!["newStatus"]),
        (json!({"closedStatus": 12}), vec!["closedStatus"]),
        (json!({"closedStatus": 23}), vec!["closedStatus"]),
        (json!({"cancelledStatus": 15}), vec!["cancelledStatus"]),
        (json!({"cancelledStatus": 99}), vec!["cancelledStatus"]),
        (json!({"board": 2}), vec!["newStatus", "closedStatus", "cancelledStatus"]),
        (json!({"ticketType": 21}), vec!["ticketType"]),
        (json!({"priority": 9}), vec!["priority"]),
        (json!({"subtype": 11}), vec!["subtype"]),
        (json!({"item": 11}), vec!["item"]),
        (json!({"ticketType": 12, "subtype": 11}), vec!["subtype"]),
        (json!({"ticketType": 11, "subtype": 13}), vec!["subtype"]),
        (json!({"ticketType": 11, "subtype": 21}), vec!["subtype"]),
        (json!({"ticketType": 11, "subtype": 12, "item": 12}), vec!["item"]),
        (json!({"ticketType": 12, "subtype": 12, "item": 99}), vec!["item"]),
        (json!({"source": 9}), vec!["source"]),
        (json!({"ticketType": 99, "priority": 99, "newStatus": 99}), vec!["newStatus", "priority", "ticketType"]),
        (json!({"customFields": [{"id": 6, "value": "2026-09-01"}]}), vec!["customFields"]),
        (json!({"customFields": [{"id": 5, "value": 3}]}), vec!["customFields"]),
        (json!({"customFields": [{"id": 2, "value": "Lead"}]}), vec!["customFields"]),
        (json!({"customFields": [{"id": 3, "value": "two"}]}), vec!["customFields"]),
        (json!({"customFields": [{"id": 1, "value": "x".repeat(1001)}]}), vec!["customFields"]),
        (json!({"customFields": [{"id": 1, "value": "a"}, {"id": 1, "value": "b"}]}), vec!["customFields"]),
        (json!({"customFields": vec![json!({"id": 1, "value": "a"}); 51]}), vec!["customFields"]),
    ] {
        msp.invalid_fields(&fields, SAVE, &ticket_mapping(fault)).await;
    }
    assert_eq!(msp.writes(), [""; 0]);
    msp.refused_get(ErrorCode::ConnectWiseNotConfigured, "settings/get").await;
}

#[tokio::test]
async fn missing_and_malformed_settings_are_named() {
    let msp = proved().await;
    msp.invalid_fields(&["board", "newStatus", "closedStatus", "cancelledStatus"], SAVE, &json!({})).await;
    for (body, named) in [
        (ticket_mapping(json!({"newStatus": "New"})), "newStatus"),
        (ticket_mapping(json!({"newstatus": 11})), "newstatus"),
        (ticket_mapping(json!({"impact": "Huge"})), "impact"),
        (ticket_mapping(json!({"contact": 100})), "contact"),
        (ticket_mapping(json!({"customFields": [{"id": 1, "value": []}]})), "customFields"),
        (ticket_mapping(json!({"customFields": [{"id": 1, "caption": "x", "value": "x"}]})), "caption"),
    ] {
        let message = msp.refused(ErrorCode::BadRequest, SAVE, &body).await;
        assert!(message.contains(named), "{message}");
    }
}

#[tokio::test]
async fn a_board_whose_cancelled_status_is_not_closed_is_accepted() {
    let msp = proved().await;
    let second = json!({"board": 2, "newStatus": 21, "closedStatus": 23, "cancelledStatus": 24});
    assert_eq!(msp.done(SAVE, &second).await["cancelledStatus"], 24);
}

#[tokio::test]
async fn saving_again_creates_nothing() {
    let msp = Msp::set_up().await;
    let first = msp.get("settings/get").await;
    assert_eq!(msp.done(SAVE, &ticket_mapping(json!({}))).await, first);
    msp.set_up_connectwise().await;
    assert_eq!(msp.get("settings/get").await, first);
    let changed = msp.done(SAVE, &ticket_mapping(json!({"newStatus": 12}))).await;
    assert_eq!((&changed["newStatus"], &changed["menuEntry"]), (&json!(12), &first["menuEntry"]));
    assert_one_of_each(&msp);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_saves_create_one_of_each() {
    let msp = proved().await;
    let chosen = ticket_mapping(json!({}));
    let (one, other) = join(msp.post(SAVE, &chosen), msp.post(SAVE, &chosen)).await;
    for (status, answer) in [&one, &other] {
        assert!(*status == 200 || answer["code"] == ErrorCode::InProgress.number(), "{answer}");
    }
    assert!(one.0 == 200 || other.0 == 200, "{one:?} {other:?}");
    msp.done(SAVE, &chosen).await;
    assert_one_of_each(&msp);
}

#[tokio::test]
async fn a_lost_response_of_a_create_causes_no_duplicate() {
    for path in ["/company/configurations/types", "/system/menuentries"] {
        for cut in ["before", "after"] {
            let msp = proved().await;
            msp.faults(json!([{"method": "POST", "path": path, "times": 1, "drop": cut}]));
            let (status, answer) = msp.post(SAVE, &ticket_mapping(json!({}))).await;
            assert!(status == 200 || answer["code"] == ErrorCode::OutcomeUnknown.number(), "{answer}");
            assert!(cut == "before" || status == 200, "it was made, and is found: {answer}");
            msp.done(SAVE, &ticket_mapping(json!({}))).await;
            assert_one_of_each(&msp);
        }
    }
}

#[tokio::test]
async fn saving_again_with_lagging_searches_creates_nothing() {
    let msp = proved().await;
    let settings = Settings { search_lag_seconds: 60, ..msp.bss.stack.connectwise.settings() };
    msp.bss.stack.connectwise.set_settings(settings);
    let first = msp.done(SAVE, &ticket_mapping(json!({}))).await;
    assert_eq!(msp.done(SAVE, &ticket_mapping(json!({}))).await, first);
    assert_one_of_each(&msp);
}

#[tokio::test]
async fn another_connectwise_is_rejected_while_this_one_is_in_use() {
    let msp = Msp::with_tenant().await;
    let before = msp.get("settings/get").await;
    let addition = msp.addition();
    let (item, id) = (msp.product(BACKUP), &addition["id"]);
    for record in [
        format!("/procurement/catalog/{item}"),
        format!("/finance/agreements/{BLUE_BACKUP}"),
        format!("/finance/agreements/{BLUE_BACKUP}/additions/{id}"),
    ] {
        msp.faults(not_there(&record));
        let message = msp.invalid_fields(&["siteUrl"], CREDENTIALS, &elsewhere()).await;
        for named in ["demo at api-na.myconnectwise.net", "has no", "moved or renamed", "new reseller token"] {
            assert!(message.contains(named), "{record}: {message}");
        }
        msp.faults(json!([]));
    }
    msp.invalid_fields(&["companyIdentifier"], CREDENTIALS, &credentials(json!({"companyIdentifier": "other"}))).await;
    msp.done(SAVE, &ticket_mapping(json!({}))).await;
    assert_eq!(msp.get("settings/get").await, before, "a refused connection is no draft");
    msp.done(CREDENTIALS, &credentials(json!({"siteUrl": "https://API-NA.myconnectwise.net/v4_6_release"}))).await;
}

#[tokio::test]
async fn a_moved_connectwise_is_recognized_by_its_records() {
    let msp = Msp::with_tenant().await;
    let (plans, links, addition) = (msp.list("plans").await, msp.list("links").await, msp.addition());
    let proved = msp.done(CREDENTIALS, &elsewhere()).await;
    assert_eq!(proved["siteUrl"], "api-eu.myconnectwise.net");
    let saved = msp.done(SAVE, &ticket_mapping(json!({}))).await;
    assert_eq!(saved["siteUrl"], "api-eu.myconnectwise.net");
    assert_eq!((msp.list("plans").await, msp.list("links").await), (plans, links));
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 7})).await;
    msp.wait_for_additions().await;
    assert_eq!((&msp.addition()["id"], &msp.addition()["quantity"]), (&addition["id"], &json!(7)));
}

#[tokio::test]
async fn a_wrong_connectwise_with_nothing_but_plans_can_be_corrected() {
    let msp = Msp::set_up().await;
    let offered = msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp.faults(not_there("/procurement/catalog/*"));
    msp.done(CREDENTIALS, &elsewhere()).await;
    assert_eq!(msp.list("plans").await, json!([offered]), "the first step changes nothing");
    let saved = msp.done(SAVE, &ticket_mapping(json!({}))).await;
    assert_eq!(saved["siteUrl"], "api-eu.myconnectwise.net");
    assert_eq!(msp.list("plans").await, json!([]), "their numbers are the other one's");
    msp.faults(json!([]));
    assert_eq!(msp.done(CREATE_PLAN, &plan(json!({}))).await["plan"], offered["plan"]);
}

#[tokio::test]
async fn a_link_that_was_never_billed_is_deleted_first() {
    let msp = Msp::billing().await;
    msp.bss.done("accounts/synchronize", &account(json!({}))).await;
    let linked = msp.done(LINK, &link(json!({}))).await;
    msp.faults(not_there("/procurement/catalog/*"));
    let message = msp.invalid_fields(&["siteUrl"], CREDENTIALS, &elsewhere()).await;
    assert!(message.contains("portal/links/delete"), "{message}");
    msp.done(UNLINK, &json!({"application": linked["application"], "account": linked["account"]})).await;
    msp.done(CREDENTIALS, &elsewhere()).await;
    assert_eq!(msp.done(SAVE, &ticket_mapping(json!({}))).await["siteUrl"], "api-eu.myconnectwise.net");
}

#[tokio::test]
async fn fields_and_snoozes_of_companies_and_the_digest_are_deleted_first() {
    let msp = Msp::billing().await;
    msp.bss.done("accounts/synchronize", &account(json!({}))).await;
    let linked = msp.done(LINK, &link(json!({}))).await;
    let company = json!({"company": linked["company"]});
    msp.done("ticketfields/save", &json!({"company": linked["company"], "source": 3})).await;
    msp.done("snoozes/save", &json!({"company": linked["company"], "reason": "Maintenance"})).await;
    msp.done("snoozes/save", &json!({"error": "storage", "reason": "Plans are changed"})).await;
    msp.done("ticketrules/save", &json!({"digest": {"every": "daily", "company": linked["company"]}})).await;
    msp.done(UNLINK, &json!({"application": linked["application"], "account": linked["account"]})).await;
    msp.faults(not_there("/procurement/catalog/*"));
    for (delete, body) in
        [("ticketfields/delete", &company), ("snoozes/delete", &company), ("ticketrules/save", &json!({}))]
    {
        let message = msp.invalid_fields(&["siteUrl"], CREDENTIALS, &elsewhere()).await;
        assert!(message.contains(&format!("portal/{delete}")), "{message}");
        assert!(!message.contains("portal/links/delete"), "{message}");
        msp.done(delete, body).await;
    }
    msp.done(CREDENTIALS, &elsewhere()).await;
    assert_eq!(msp.done(SAVE, &ticket_mapping(json!({}))).await["siteUrl"], "api-eu.myconnectwise.net");
    assert_eq!(msp.list("snoozes").await.as_array().unwrap().len(), 1, "kinds of errors are everywhere the same");
}

#[tokio::test]
async fn a_company_that_was_sold_to_keeps_its_connectwise() {
    let msp = Msp::with_tenant().await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    let linked = msp.list("links").await[0].clone();
    msp.done(UNLINK, &json!({"application": linked["application"], "account": linked["account"]})).await;
    msp.faults(not_there("/procurement/catalog/*"));
    let message = msp.invalid_fields(&["siteUrl"], CREDENTIALS, &elsewhere()).await;
    assert!(message.contains("new reseller token"), "company 20 is another one elsewhere: {message}");
}

#[tokio::test]
async fn what_was_sold_between_the_steps_keeps_its_connectwise() {
    let msp = Msp::billing().await;
    msp.faults(not_there("/procurement/catalog/*"));
    msp.done(CREDENTIALS, &elsewhere()).await;
    msp.faults(json!([]));
    msp.done(ORDER, &order(json!({}))).await;
    msp.wait_for_additions().await;
    let plans = msp.list("plans").await;
    msp.faults(not_there("/procurement/catalog/*"));
    msp.invalid_fields(&["siteUrl"], SAVE, &ticket_mapping(json!({}))).await;
    assert_eq!(msp.get("settings/get").await["siteUrl"], "api-na.myconnectwise.net");
    assert_eq!(msp.list("plans").await, plans);
}
