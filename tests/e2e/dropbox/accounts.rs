//! `accounts/*`: the form is validated, the id is stable, and Dropbox is not called.

use sandbox::dropbox::PARTNERS;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use super::demo::{CANCEL, CREATE, STANDARD, SYNCHRONIZE, account, order, other_account, reseller};
use crate::client::{Bss, merged, result};

const EXISTS: &str = "accounts/exists";
const DELETE: &str = "accounts/delete";

/// Returns a customer of [`reseller`] without a Reseller ID of its own.
fn customer(more: Value) -> Value {
    let under = json!({"ResellerID": "2001", "SyncOptions": {"parent": "Resell", "resellerid": ""}});
    account(merged(under, more))
}

#[tokio::test]
async fn asks_the_four_options_in_this_order() {
    let bss = Bss::with_dropbox().await;
    let (status, options) = bss.get("accounts/syncoptions").await;
    assert_eq!(status, 200);
    let fields = options["Fields"].as_array().unwrap();
    let seen = |field: &Value| {
        let definition = &field["Definition"];
        let [name, kind] = ["Name", "Kind"].map(|member| definition[member].as_str().unwrap().to_owned());
        (field["ID"].as_str().unwrap().to_owned(), name, kind, definition["SortOrder"].as_u64().unwrap())
    };
    let expected = [
        ("parent", "Parent Account", "SimpleValue", 0),
        ("role", "Role", "List", 1),
        ("email", "Email", "SimpleValue", 2),
        ("resellerid", "Reseller ID", "SimpleValue", 3),
    ];
    let expected = expected.map(|(id, name, kind, order)| (id.to_owned(), name.to_owned(), kind.to_owned(), order));
    assert_eq!(fields.iter().map(seen).collect::<Vec<_>>(), expected);
    let roles = fields[1]["Definition"]["PredefinedValues"].as_array().unwrap();
    let roles: Vec<_> = roles.iter().map(|role| (&role["ID"], &role["Name"], &role["IsDefault"])).collect();
    assert_eq!(roles, [(&json!("1"), &json!("User"), &json!(true)), (&json!("2"), &json!("Reseller"), &json!(false))]);
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn a_customer_and_a_reseller_are_synchronized_without_a_call() {
    let bss = Bss::with_dropbox().await;
    let answer = bss.answer(SYNCHRONIZE, &account(json!({}))).await;
    let expected = json!({
        "Code": 0, "Message": "", "Result": "dropbox-1001", "ErrorCode": 0, "ErrorMessage": "",
        "AccountExtraInfo": {"username": "it@contoso.example", "portal_url": "https://www.dropbox.com"},
        "GeneratedPassword": null, "SendNotification": false,
    });
    assert_eq!(answer, expected);
    assert_eq!(bss.done(SYNCHRONIZE, &reseller(json!({}))).await, "dropbox-2001");
    assert_eq!(bss.stack.dropbox.calls(), []);
    assert_eq!(bss.teams(), [Value::Null; 0]);
}

#[tokio::test]
async fn the_vendor_and_the_settings_do_not_matter() {
    let bss = Bss::with_dropbox().await;
    bss.dropbox_faults(json!([{"path": "*", "status": 503}]));
    assert_eq!(bss.done(SYNCHRONIZE, &account(json!({}))).await, "dropbox-1001");
    let unset = bss.without("x-cloudplatform-setting-apikey").without("x-cloudplatform-setting-apisecret");
    assert_eq!(unset.done(SYNCHRONIZE, &other_account(json!({}))).await, "dropbox-1002");
    let [_, second] = PARTNERS;
    assert_eq!(bss.of_distributor(second).done(SYNCHRONIZE, &reseller(json!({}))).await, "dropbox-2001");
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn the_reseller_must_be_synchronized_first() {
    let bss = Bss::with_dropbox().await;
    let before = bss.records().await;
    let message = bss.refused(ErrorCode::ResellerUnknown, SYNCHRONIZE, &customer(json!({}))).await;
    assert!(message.contains("2001") && message.contains("role Reseller"), "{message}");
    // A customer cannot be a parent reseller.
    bss.done(SYNCHRONIZE, &account(json!({"ID": "2002"}))).await;
    bss.refused(ErrorCode::ResellerUnknown, SYNCHRONIZE, &customer(json!({"ResellerID": "2002"}))).await;
    bss.done(DELETE, &account(json!({"ID": "2002"}))).await;
    assert_eq!(bss.records().await, before);

    bss.done(SYNCHRONIZE, &reseller(json!({}))).await;
    assert_eq!(bss.done(SYNCHRONIZE, &customer(json!({}))).await, "dropbox-1001");
    assert_eq!(bss.stack.dropbox.calls(), []);
    bss.done(CREATE, &order(STANDARD, 3, json!({}))).await;
    assert_eq!(bss.team()["reseller_ids"], json!(["D-1000", "R-2002"]));
}

#[tokio::test]
async fn a_reseller_id_other_than_the_parents_is_rejected() {
    let bss = Bss::with_dropbox().await;
    bss.done(SYNCHRONIZE, &reseller(json!({}))).await;
    let other = customer(json!({"SyncOptions": {"resellerid": "R-2001"}}));
    let message = bss.refused(ErrorCode::ResellerIdInvalid, SYNCHRONIZE, &other).await;
    assert!(message.contains("R-2001") && message.contains("R-2002"), "{message}");
    bss.done(SYNCHRONIZE, &customer(json!({"SyncOptions": {"resellerid": "R-2002"}}))).await;
}

#[tokio::test]
async fn correcting_a_resellers_id_applies_to_its_customers() {
    let bss = Bss::with_dropbox().await;
    bss.done(SYNCHRONIZE, &reseller(json!({"SyncOptions": {"resellerid": "R-2oo2"}}))).await;
    bss.done(SYNCHRONIZE, &customer(json!({}))).await;
    bss.refused(ErrorCode::ResellerIdInvalid, CREATE, &order(STANDARD, 3, json!({}))).await;
    bss.done(SYNCHRONIZE, &reseller(json!({"ExternalID": "dropbox-2001"}))).await;
    bss.done(CREATE, &order(STANDARD, 3, json!({}))).await;
    assert_eq!(bss.team()["reseller_ids"], json!(["D-1000", "R-2002"]));
}

#[tokio::test]
async fn invalid_fields_are_named_and_nothing_is_recorded() {
    let bss = Bss::with_dropbox().await;
    let before = bss.records().await;
    for (account, code, named) in [
        (reseller(json!({"SyncOptions": {"parent": "Resell"}})), ErrorCode::RoleInvalid, "Parent Account"),
        (account(json!({"SyncOptions": {"role": "king"}})), ErrorCode::RoleInvalid, "User or Reseller"),
        (account(json!({"SyncOptions": {"email": "it at contoso"}})), ErrorCode::EmailInvalid, "email"),
        (account(json!({"SyncOptions": {"email": "it@localhost"}})), ErrorCode::EmailInvalid, "email"),
        (account(json!({"SyncOptions": {"email": ""}, "Email": ""})), ErrorCode::EmailInvalid, "email"),
        (account(json!({"SyncOptions": {"resellerid": " "}})), ErrorCode::ResellerIdInvalid, "Reseller ID"),
        (reseller(json!({"SyncOptions": {"resellerid": null}})), ErrorCode::ResellerIdInvalid, "Reseller ID"),
        (account(json!({"Name": " "})), ErrorCode::NameInvalid, "name"),
        (account(json!({"Address": {"Country": {"Code": "XX"}}})), ErrorCode::CountryInvalid, "country"),
        (account(json!({"ID": "x".repeat(128)})), ErrorCode::BadRequest, "ID"),
    ] {
        let message = bss.refused(code, SYNCHRONIZE, &account).await;
        assert!(message.contains(named), "{named}: {message}");
        assert_eq!(bss.records().await, before, "{account}");
    }
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn role_and_country_may_be_missing_and_the_email_is_the_accounts() {
    let bss = Bss::with_dropbox().await;
    let sparse = account(json!({"SyncOptions": {"role": null, "email": null}, "Address": null}));
    let answer = bss.answer(SYNCHRONIZE, &sparse).await;
    assert_eq!(answer["Result"], "dropbox-1001");
    assert_eq!(answer["AccountExtraInfo"]["username"], "office@contoso.example");
}

#[tokio::test]
async fn a_repeated_call_returns_the_same_and_a_change_keeps_the_id() {
    let bss = Bss::with_dropbox().await;
    let first = bss.answer(SYNCHRONIZE, &account(json!({}))).await;
    assert_eq!(bss.answer(SYNCHRONIZE, &account(json!({}))).await, first);
    let moved = account(json!({
        "ExternalID": "dropbox-1001", "Name": "Contoso Two", "SyncOptions": {"email": "two@contoso.example"},
    }));
    let answer = bss.answer(SYNCHRONIZE, &moved).await;
    assert_eq!(answer["Result"], first["Result"]);
    assert_eq!(answer["AccountExtraInfo"]["username"], "two@contoso.example");
    bss.refused(ErrorCode::RoleInvalid, SYNCHRONIZE, &account(json!({"SyncOptions": {"role": "2"}}))).await;
    // The change is sent with the order.
    bss.done(CREATE, &order(STANDARD, 3, json!({}))).await;
    assert_eq!(
        (bss.team()["name"].clone(), bss.team()["invite_admin"].clone()),
        (json!("Contoso Two"), json!("two@contoso.example"))
    );
}

#[tokio::test]
async fn a_deleted_account_gets_the_same_id_again() {
    let bss = Bss::with_dropbox().await;
    let before = bss.records().await;
    for _ in 0..2 {
        assert_eq!(bss.done(SYNCHRONIZE, &account(json!({}))).await, "dropbox-1001");
        assert_eq!(bss.answer(DELETE, &account(json!({"ExternalID": "dropbox-1001"}))).await, result(0, "", ""));
        assert_eq!(bss.records().await, before, "all items are deleted");
    }
    assert_eq!(bss.answer(DELETE, &account(json!({}))).await, result(0, "", ""), "a deleted account counts as deleted");
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn deletion_requires_no_live_team_and_keeps_the_team() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let before = bss.at_dropbox();
    let message = bss.refused(ErrorCode::SubscriptionLive, DELETE, &account(json!({}))).await;
    assert!(message.contains("S1"), "{message}");
    assert_eq!(bss.at_dropbox(), before);
    bss.done(CANCEL, &order(STANDARD, 3, json!({}))).await;
    let before = bss.at_dropbox();
    bss.done(DELETE, &account(json!({}))).await;
    assert_eq!(bss.at_dropbox(), before);
}

#[tokio::test]
async fn exists_after_synchronization_without_a_call() {
    let bss = Bss::with_dropbox().await;
    bss.dropbox_faults(json!([{"path": "*", "status": 503}]));
    let contoso = account(json!({}));
    assert_eq!(bss.answer(EXISTS, &contoso).await, result(0, "", ""));
    bss.done(SYNCHRONIZE, &contoso).await;
    assert_eq!(bss.answer(EXISTS, &contoso).await, result(1, "", "dropbox-1001"));
    let known = account(json!({"ExternalID": "dropbox-1001"}));
    assert_eq!(bss.answer(EXISTS, &known).await, result(1, "", "dropbox-1001"));
    assert_eq!(bss.answer(EXISTS, &other_account(json!({}))).await, result(0, "", ""), "another one");
    bss.done(DELETE, &contoso).await;
    assert_eq!(bss.answer(EXISTS, &contoso).await, result(0, "", ""));
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn a_foreign_id_does_not_exist_and_is_replaced() {
    let bss = Bss::with_dropbox().await;
    let foreign = account(json!({"ExternalID": "440032-6"}));
    assert_eq!(bss.answer(EXISTS, &foreign).await, result(0, "", ""));
    assert_eq!(bss.done(SYNCHRONIZE, &foreign).await, "dropbox-1001");
    assert_eq!(bss.done(SYNCHRONIZE, &foreign).await, "dropbox-1001");
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn the_id_of_another_account_is_refused() {
    let bss = Bss::with_dropbox_account().await;
    let before = bss.records().await;
    let thief = other_account(json!({"ExternalID": "dropbox-1001"}));
    let message = bss.refused(ErrorCode::ExternalIdTaken, SYNCHRONIZE, &thief).await;
    assert!(message.contains("1001"), "{message}");
    assert_eq!(bss.records().await, before);
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn a_reseller_must_be_synchronized_here() {
    let bss = Bss::with_dropbox().await;
    let claimed = account(json!({"ResellerID": "77", "ResellerExternalID": "dropbox-77"}));
    bss.refused(ErrorCode::ResellerUnknown, SYNCHRONIZE, &claimed).await;
}

#[tokio::test]
async fn a_reseller_with_a_live_customer_is_kept() {
    let bss = Bss::with_dropbox().await;
    bss.done(SYNCHRONIZE, &reseller(json!({}))).await;
    bss.done(SYNCHRONIZE, &customer(json!({}))).await;
    bss.done(CREATE, &order(STANDARD, 3, json!({"Account": customer(json!({}))}))).await;
    let message = bss.refused(ErrorCode::SubscriptionLive, DELETE, &reseller(json!({}))).await;
    assert!(message.contains("1001"), "{message}");
    bss.done(CANCEL, &order(STANDARD, 3, json!({"Account": customer(json!({}))}))).await;
    bss.done(DELETE, &reseller(json!({}))).await;
}
