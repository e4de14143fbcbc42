//! `POST accounts/synchronize`

use sandbox::dropsuite::PARTNERS;
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{BACKUP, Bss, ORGANIZATION, account, merged, reseller, service};

const SYNCHRONIZE: &str = "accounts/synchronize";

fn synchronized(id: &str, username: &str, welcome: bool) -> Value {
    json!({
        "Code": 0, "Message": "", "Result": id, "ErrorCode": 0, "ErrorMessage": "",
        "AccountExtraInfo": {
            "username": username, "portal_url": "https://vendor", "reseller_portal_url": "https://vendor",
            "region": "euwest",
        },
        "GeneratedPassword": null, "SendNotification": welcome,
    })
}

#[tokio::test]
async fn the_first_call_creates_the_organization() {
    let bss = Bss::start().await;
    let answer = bss.answer(SYNCHRONIZE, &account(json!({}))).await;
    assert_eq!(answer, synchronized(ORGANIZATION, "it@contoso.example", true));
    assert_eq!(bss.writes(), ["POST users"]);
    let expected = json!({
        "email": "it@contoso.example", "organization_name": "Contoso", "first_name": "Ann", "last_name": "Lee",
        "country": "DE", "plan_id": BACKUP, "seats_available": 1, "auto_license": false, "reseller_id": null,
        "external_id": "b1a7c0de-0000-4000-8000-000000000001/1001",
    });
    bss.assert_at_vendor(ORGANIZATION, &expected);
}

#[tokio::test]
async fn an_equal_call_has_no_effect_and_returns_the_same() {
    let bss = Bss::start().await;
    let first = bss.answer(SYNCHRONIZE, &account(json!({}))).await;
    assert_eq!(bss.answer(SYNCHRONIZE, &account(json!({}))).await, first, "the first answer may have been lost");
    assert_eq!(bss.writes(), ["POST users"]);
}

#[tokio::test]
async fn the_welcome_mail_is_sent_on_the_creation_only() {
    let bss = Bss::start().await;
    let id = bss.done(SYNCHRONIZE, &account(json!({}))).await;
    let answer = bss.answer(SYNCHRONIZE, &account(json!({"ExternalID": id}))).await;
    assert_eq!(answer, synchronized(ORGANIZATION, "it@contoso.example", false));
    let linked = bss.in_portal(json!({"email": "l@linked.example", "organization_name": "Linked"})).await;
    let options = json!({"username": "l@linked.example"});
    let account = account(json!({"ID": "1002", "ExternalID": linked, "Name": "Linked", "SyncOptions": options}));
    assert_eq!(bss.answer(SYNCHRONIZE, &account).await, synchronized(&linked, "l@linked.example", false));
}

#[tokio::test]
async fn later_calls_update_changed_fields() {
    let bss = Bss::with_account().await;
    let changed = account(json!({
        "ExternalID": ORGANIZATION, "Name": "Contoso Ltd", "SyncOptions": {"username": "boss@contoso.example"},
        "ContactDetails": {"FirstName": "Bea"}, "Address": {"Country": {"Code": "at"}},
    }));
    let answer = bss.answer(SYNCHRONIZE, &changed).await;
    assert_eq!(answer, synchronized(ORGANIZATION, "boss@contoso.example", false));
    let expected = json!({
        "email": "boss@contoso.example", "organization_name": "Contoso Ltd", "first_name": "Bea", "last_name": "Lee",
        "country": "AT",
    });
    bss.assert_at_vendor(ORGANIZATION, &expected);
    bss.done(SYNCHRONIZE, &changed).await;
    assert_eq!(bss.writes(), ["POST users", "PUT users/440032-6"], "unchanged is not sent");
}

#[tokio::test]
async fn a_role_is_an_id_or_a_name_in_any_case() {
    let bss = Bss::start().await;
    for (n, role) in ["2", "Reseller", " RESELLER "].into_iter().enumerate() {
        let options = json!({"username": format!("r{n}@resell.example"), "role": role});
        bss.done(SYNCHRONIZE, &reseller(json!({"ID": format!("R{n}"), "SyncOptions": options}))).await;
    }
    for (n, role) in ["1", "user", "", " USER"].into_iter().enumerate() {
        let options = json!({"username": format!("u{n}@users.example"), "role": role});
        let user = json!({"ID": format!("U{n}"), "Name": format!("User {n}"), "SyncOptions": options});
        bss.done(SYNCHRONIZE, &account(user)).await;
    }
    assert_eq!(bss.writes(), [&["POST resellers"; 3][..], &["POST users"; 4]].concat());
}

#[tokio::test]
async fn a_reseller_becomes_a_sub_reseller_and_its_customer_is_placed_under_it() {
    let bss = Bss::start().await;
    let answer = bss.answer(SYNCHRONIZE, &reseller(json!({}))).await;
    assert_eq!(answer, synchronized("Rs0001Pq", "it@resell.example", true));
    let seller = &bss.stack.dropsuite.state_json()["resellers"][0];
    assert_eq!((&seller["name"], &seller["email"]), (&json!("Resell"), &json!("it@resell.example")));
    assert_eq!(seller["external_id"], "b1a7c0de-0000-4000-8000-000000000001/2001");

    let customer = account(json!({"ResellerID": "2001", "ResellerExternalID": "Rs0001Pq"}));
    let id = bss.done(SYNCHRONIZE, &customer).await;
    bss.assert_at_vendor(&id, &json!({"reseller_id": "Rs0001Pq"}));
}

#[tokio::test]
async fn a_reseller_is_updated() {
    let bss = Bss::start().await;
    let id = bss.done(SYNCHRONIZE, &reseller(json!({}))).await;
    let answer = bss.answer(SYNCHRONIZE, &reseller(json!({"ExternalID": id, "Name": "Resell Ltd"}))).await;
    assert_eq!(answer, synchronized(&id, "it@resell.example", false));
    assert_eq!(bss.stack.dropsuite.state_json()["resellers"][0]["name"], "Resell Ltd");
    assert_eq!(bss.writes(), ["POST resellers", "PUT resellers/Rs0001Pq"]);
}

#[tokio::test]
async fn a_customer_of_an_unsynchronized_reseller_is_rejected_with_the_action() {
    let bss = Bss::start().await;
    let message = bss.refused(ErrorCode::ResellerUnknown, SYNCHRONIZE, &account(json!({"ResellerID": "2001"}))).await;
    assert_eq!(
        message,
        "The account's reseller (2001) is not synchronized. Synchronize the reseller first (role Reseller), then this account.",
    );
    bss.done(SYNCHRONIZE, &account(json!({}))).await;
    let under_customer = account(json!({"ID": "1002", "ResellerID": "1001"}));
    bss.refused(ErrorCode::ResellerUnknown, SYNCHRONIZE, &under_customer).await;
    assert_eq!(bss.writes(), ["POST users"]);
}

#[tokio::test]
async fn each_invalid_field_has_a_customer_code() {
    let bss = Bss::start().await;
    let before = bss.effects().await;
    for (code, wrong) in [
        (ErrorCode::EmailInvalid, json!({"SyncOptions": {"username": "contoso.example"}})),
        (ErrorCode::EmailInvalid, json!({"SyncOptions": {"username": "it@localhost"}})),
        (ErrorCode::EmailInvalid, json!({"SyncOptions": {"username": "Ann <it@contoso.example>"}})),
        (ErrorCode::EmailInvalid, json!({"SyncOptions": null, "Email": null, "ContactDetails": null})),
        (ErrorCode::NameInvalid, json!({"Name": "  "})),
        (ErrorCode::NameInvalid, json!({"Name": "é".repeat(101)})),
        (ErrorCode::CountryInvalid, json!({"Address": {"Country": {"Code": "XX"}}})),
        (ErrorCode::CountryInvalid, json!({"Address": {"Country": {"Code": "Germany"}}})),
        (ErrorCode::RoleInvalid, json!({"SyncOptions": {"role": "3"}})),
    ] {
        bss.refused(code, SYNCHRONIZE, &account(wrong)).await;
        assert!((-89_999..=-80_000).contains(&code.number()));
    }
    assert_eq!(bss.effects().await, before);
    assert_eq!(bss.stack.dropsuite.calls(), []);
}

#[tokio::test]
async fn an_older_installation_sends_no_address_and_no_contact() {
    let bss = Bss::start().await;
    let id = bss.done(SYNCHRONIZE, &account(json!({"Address": null, "ContactDetails": null}))).await;
    bss.assert_at_vendor(&id, &json!({"country": null, "first_name": "Contoso", "last_name": "Contoso"}));
}

#[tokio::test]
async fn a_reseller_without_a_country_is_rejected() {
    let bss = Bss::start().await;
    let message = bss.refused(ErrorCode::CountryInvalid, SYNCHRONIZE, &reseller(json!({"Address": null}))).await;
    assert!(message.contains("country"), "{message}");
    assert_eq!(bss.stack.dropsuite.state_json()["resellers"], json!([]));
}

#[tokio::test]
async fn an_email_or_a_name_in_use_is_rejected() {
    let bss = Bss::start().await;
    bss.in_portal(json!({"email": "it@contoso.example", "organization_name": "Another Company"})).await;
    bss.in_portal(json!({"email": "x@fabrikam.example", "organization_name": "Fabrikam"})).await;
    bss.refused(ErrorCode::EmailInUse, SYNCHRONIZE, &account(json!({}))).await;
    let same_name = account(json!({"Name": "Fabrikam", "SyncOptions": {"username": "new@fabrikam.example"}}));
    bss.refused(ErrorCode::NameInUse, SYNCHRONIZE, &same_name).await;
    assert_eq!(bss.organizations().len(), 2);
}

#[tokio::test]
async fn a_pre_existing_organization_is_linked_but_not_created_by_us() {
    let bss = Bss::start().await;
    let id = bss.in_portal(json!({"email": "it@contoso.example", "organization_name": "Contoso"})).await;
    let answer = bss.answer(SYNCHRONIZE, &account(json!({}))).await;
    assert_eq!(answer, synchronized(&id, "it@contoso.example", false), "nothing was created");
    bss.done("accounts/delete", &account(json!({}))).await;
    bss.assert_at_vendor(&id, &json!({"customer_deactivated": false}));
}

#[tokio::test]
async fn a_rejected_account_can_be_corrected() {
    let bss = Bss::start().await;
    bss.in_portal(json!({"email": "it@contoso.example", "organization_name": "Another Company"})).await;
    bss.refused(ErrorCode::EmailInUse, SYNCHRONIZE, &account(json!({}))).await;
    let recover = account(json!({"SyncOptions": {"username": "own@contoso.example"}}));
    assert_eq!(bss.answer(SYNCHRONIZE, &recover).await["SendNotification"], true);
}

#[tokio::test]
async fn a_missing_organization_is_recreated_once_with_a_welcome_mail() {
    let bss = Bss::start().await;
    let stale = account(json!({"ExternalID": "1-6"}));
    let recreated = synchronized(ORGANIZATION, "it@contoso.example", true);
    assert_eq!(bss.answer(SYNCHRONIZE, &stale).await, recreated, "the customer has a new login");
    assert_eq!(bss.answer(SYNCHRONIZE, &stale).await, recreated, "the first answer may have been lost");
    let known = account(json!({"ExternalID": ORGANIZATION}));
    assert_eq!(bss.answer(SYNCHRONIZE, &known).await, synchronized(ORGANIZATION, "it@contoso.example", false));
    assert_eq!(bss.writes(), ["POST users"]);
}

#[tokio::test]
async fn a_missing_organization_with_a_live_subscription_is_reported() {
    let bss = Bss::with_subscription().await;
    bss.vendor_faults(json!([{"method": "GET", "path": "/users/440032-6", "status": 404}]));
    let before = bss.vendor();
    let changed = account(json!({"ExternalID": ORGANIZATION, "Name": "Contoso Ltd"}));
    let message = bss.refused(ErrorCode::MissingAtVendor, SYNCHRONIZE, &changed).await;
    assert!(message.contains(ORGANIZATION), "{message}");
    assert_eq!(bss.vendor(), before);
}

#[tokio::test]
async fn an_organization_linked_with_another_account_is_not_changed() {
    let bss = Bss::start().await;
    let id = bss.done(SYNCHRONIZE, &account(json!({}))).await;
    let thief = account(json!({"ID": "1002", "Name": "Thief", "ExternalID": id}));
    let message = bss.refused(ErrorCode::ExternalIdTaken, SYNCHRONIZE, &thief).await;
    assert!(message.contains("1001"), "{message}");
    let other = bss.in_portal(json!({"email": "o@other.example", "organization_name": "Other"})).await;
    let moved = account(json!({"ExternalID": other}));
    let message = bss.refused(ErrorCode::Ambiguous, SYNCHRONIZE, &moved).await;
    assert!(message.contains(&id) && message.contains(&other), "{message}");
    assert_eq!(bss.writes(), ["POST users"]);
}

#[tokio::test]
async fn a_role_does_not_change() {
    let bss = Bss::start().await;
    let id = bss.done(SYNCHRONIZE, &account(json!({}))).await;
    let promoted = account(json!({"ExternalID": id, "SyncOptions": {"role": "2"}}));
    bss.refused(ErrorCode::RoleInvalid, SYNCHRONIZE, &promoted).await;
    assert_eq!(bss.writes(), ["POST users"]);
}

#[tokio::test]
async fn a_partner_without_a_backup_plan_is_rejected() {
    let bss = Bss::start().await;
    bss.vendor_faults(json!([{"path": "/plans", "status": 200, "body": []}]));
    bss.refused(ErrorCode::NoSuitablePlan, SYNCHRONIZE, &account(json!({}))).await;
    assert_eq!(bss.writes(), [""; 0]);
}

#[tokio::test]
async fn one_denial_changes_nothing() {
    let bss = Bss::with_account().await;
    let before = bss.vendor();
    let renamed = account(json!({"ExternalID": ORGANIZATION, "Name": "Contoso Ltd"}));
    bss.vendor_faults(json!([{"method": "GET", "path": format!("/users/{ORGANIZATION}"), "times": 1, "status": 404}]));
    let message = bss.refused(ErrorCode::MissingAtVendor, SYNCHRONIZE, &renamed).await;
    assert!(message.contains(ORGANIZATION), "{message}");
    bss.of_partner(PARTNERS[1]).refused(ErrorCode::MissingAtVendor, SYNCHRONIZE, &renamed).await;
    assert_eq!(bss.vendor(), before);
    let thief = account(json!({"ID": "1002"}));
    bss.refused(ErrorCode::ExternalIdTaken, SYNCHRONIZE, &thief).await;
    let claimed = account(json!({"ID": "1002", "ExternalID": ORGANIZATION}));
    bss.refused(ErrorCode::ExternalIdTaken, SYNCHRONIZE, &claimed).await;
    assert_eq!(bss.organizations(), before.1);
    assert_eq!(bss.answer(SYNCHRONIZE, &renamed).await, synchronized(ORGANIZATION, "it@contoso.example", false));
}

#[tokio::test]
async fn an_organization_that_names_another_account_which_holds_it_is_not_adopted() {
    let bss = Bss::with_account().await;
    bss.delete_links(ORGANIZATION).await;
    let thief = account(json!({"ID": "1002"}));
    for thief in [&thief, &account(json!({"ID": "1002", "ExternalID": ORGANIZATION}))] {
        let message = bss.refused(ErrorCode::ExternalIdTaken, SYNCHRONIZE, thief).await;
        assert!(message.contains("1001"), "{message}");
        assert_eq!(bss.answer("accounts/exists", thief).await["Code"], 2);
    }
    let order =
        service(json!({"SubscriptionID": "S9", "Account": account(json!({"ID": "1002", "ExternalID": ORGANIZATION}))}));
    bss.refused(ErrorCode::ExternalIdTaken, "subscriptions/create", &order).await;
    bss.done("accounts/delete", &account(json!({}))).await;
    assert_eq!(bss.done(SYNCHRONIZE, &thief).await, ORGANIZATION, "it has no holder");
}

#[tokio::test]
async fn a_contact_that_the_bss_does_not_name_stays() {
    let bss = Bss::with_account().await;
    let names = bss.organization(ORGANIZATION, &json!({"first_name": null, "last_name": null, "country": null}));
    let renamed =
        account(json!({"ExternalID": ORGANIZATION, "Name": "Contoso Ltd", "ContactDetails": null, "Address": null}));
    bss.done(SYNCHRONIZE, &renamed).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"organization_name": "Contoso Ltd"}));
    bss.assert_at_vendor(ORGANIZATION, &names);
}

#[tokio::test]
async fn an_address_in_use_is_no_answer_while_the_list_cannot_be_read() {
    let bss = Bss::with_account().await;
    bss.done("accounts/delete", &account(json!({}))).await;
    bss.vendor_faults(json!([{"method": "GET", "path": "/users", "status": 503}]));
    bss.refused(ErrorCode::VendorUnavailable, "accounts/synchronize", &account(json!({}))).await;
    bss.vendor_faults(json!([]));
    assert_eq!(bss.done("accounts/synchronize", &account(json!({}))).await, ORGANIZATION);
    assert_eq!(bss.organizations().len(), 1);
}

#[tokio::test]
async fn one_list_that_lacks_the_holder_of_an_address_refuses_nothing() {
    let bss = Bss::start().await;
    let id = bss.done(SYNCHRONIZE, &account(json!({}))).await;
    bss.done("accounts/delete", &account(json!({}))).await;
    let removed = json!([{"op": "remove", "path": "/0"}]);
    for answer in [json!({"status": 200, "body": []}), json!({"patch": removed})] {
        bss.vendor_faults(json!([merged(json!({"method": "GET", "path": "/users", "times": 1}), answer)]));
        assert_eq!(bss.done(SYNCHRONIZE, &account(json!({}))).await, id);
        assert_eq!(bss.organizations().len(), 1);
        bss.done("accounts/delete", &account(json!({}))).await;
    }
}

#[tokio::test]
async fn two_looks_for_a_lost_create_end_on_a_list_that_one_call_cannot_read() {
    for (lost, organizations) in [("before", 102), ("after", 102)] {
        let bss = Bss::start_with(Options { search_pages: Some(1), ..Options::from_env() }).await;
        for n in 0..101 {
            bss.in_portal(json!({"email": format!("o{n}@many.example"), "organization_name": format!("Many {n}")}))
                .await;
        }
        bss.vendor_faults(json!([
            {"method": "POST", "path": "/users", "times": 1, "drop": lost},
            {"method": "GET", "path": "/users", "status": 503},
        ]));
        bss.refused(ErrorCode::OutcomeUnknown, SYNCHRONIZE, &account(json!({}))).await;
        bss.vendor_faults(json!([]));
        // The BSS asks first whether the account exists, as long as it has no external id.
        let (mut calls, mut messages) = (0, Vec::new());
        loop {
            bss.post("accounts/exists", &account(json!({}))).await;
            let (_, answer) = bss.post(SYNCHRONIZE, &account(json!({}))).await;
            calls += 1;
            if answer["Code"] == 0 {
                break;
            }
            messages.push(answer["Message"].as_str().unwrap().to_owned());
            assert!(calls < 5, "lost {lost}: {messages:#?}");
        }
        if lost == "before" {
            assert!(messages[1].contains("1 pages of the second look were searched so far"), "{messages:#?}");
        }
        assert_eq!(bss.organizations().len(), organizations, "lost {lost}");
    }
}
