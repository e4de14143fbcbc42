//! Whole lifecycles. After each step the vendor's state agrees with the response.

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{
    ARCHIVER, BACKUP, Bss, ORGANIZATION, SUBSCRIPTION, account, addon, known_service, merged, provisioned_with,
    reseller, result, service,
};

/// Calls an endpoint for a subscription or an add-on. The response must contain `id`, and the organization must then be
/// as `expected`.
async fn step(bss: &Bss, path: &str, body: &Value, id: &str, expected: &Value) {
    let answer = bss.answer(path, body).await;
    let is_trial = body["IsTrial"] == true && body["ActionType"] != "UpgradeToPaid";
    let message = answer["Message"].as_str().unwrap();
    assert!(if is_trial { message.starts_with("The trial ends on ") } else { message.is_empty() }, "{path}: {message}");
    assert_eq!(answer, provisioned_with(id, message), "{path}");
    let organization = body["Account"]["ExternalID"].as_str().unwrap();
    bss.assert_at_vendor(organization, expected);
}

/// Adds an account as the BSS does: it checks if the account exists, and synchronizes it if not.
async fn synchronized(bss: &Bss, account: &Value) -> Value {
    assert_eq!(bss.answer("accounts/exists", account).await, result(0, "", ""));
    let answer = bss.answer("accounts/synchronize", account).await;
    assert_eq!((&answer["Code"], &answer["SendNotification"]), (&json!(0), &json!(true)), "{answer}");
    let known = json!({"ExternalID": answer["Result"], "ExtraDetails": answer["AccountExtraInfo"]});
    let account = merged(account.clone(), known);
    assert_eq!(bss.answer("accounts/exists", &account).await, result(1, "", account["ExternalID"].as_str().unwrap()));
    account
}

#[tokio::test]
async fn direct_customer() {
    let bss = Bss::start().await;
    let contoso = synchronized(&bss, &account(json!({}))).await;
    let order = |seats: u32, more: Value| known_service(seats, merged(json!({"Account": contoso}), more));
    let state = |plan: &str, seats: u32, suspended: bool, ended: bool| json!({"plan_id": plan, "seats_available": seats, "flg_suspended": suspended, "customer_deactivated": ended});
    let new = service(json!({"Account": contoso}));
    step(&bss, "subscriptions/create", &new, SUBSCRIPTION, &state(BACKUP, 5, false, false)).await;
    let more = order(8, json!({}));
    step(&bss, "subscriptions/update", &more, SUBSCRIPTION, &state(BACKUP, 8, false, false)).await;
    let extra = order(8, json!({"Addons": addon("extra-seats", 2, "Provision")}));
    step(&bss, "addons/create", &extra, "440032-6.S1:extra-seats", &state(BACKUP, 10, false, false)).await;
    let extra = order(8, json!({"Addons": addon("extra-seats", 3, "Upgrade")}));
    step(&bss, "addons/update", &extra, "440032-6.S1:extra-seats", &state(BACKUP, 11, false, false)).await;
    let extra = order(8, json!({"Addons": addon("extra-seats", 3, "Cancel")}));
    step(&bss, "addons/cancel", &extra, "440032-6.S1:extra-seats", &state(BACKUP, 8, false, false)).await;
    let upgrade = order(8, json!({"ActionType": "Upgrade", "AttributeList": {"plan": {"Code": ARCHIVER}}}));
    step(&bss, "subscriptions/update", &upgrade, SUBSCRIPTION, &state(ARCHIVER, 8, false, false)).await;
    step(&bss, "subscriptions/suspend", &upgrade, SUBSCRIPTION, &state(ARCHIVER, 8, true, false)).await;
    step(&bss, "subscriptions/activate", &upgrade, SUBSCRIPTION, &state(ARCHIVER, 8, false, false)).await;
    bss.refused(ErrorCode::SubscriptionLive, "accounts/delete", &contoso).await;
    step(&bss, "subscriptions/cancel", &upgrade, SUBSCRIPTION, &state(ARCHIVER, 8, false, true)).await;
    step(&bss, "subscriptions/activate", &upgrade, SUBSCRIPTION, &state(ARCHIVER, 8, false, false)).await;
    step(&bss, "subscriptions/cancel", &upgrade, SUBSCRIPTION, &state(ARCHIVER, 8, false, true)).await;
    assert_eq!(bss.answer("accounts/delete", &contoso).await, result(0, "", ""));
    bss.assert_at_vendor(ORGANIZATION, &state(ARCHIVER, 8, false, true));
    assert_eq!(bss.organizations().len(), 1);
}

#[tokio::test]
async fn reseller_and_its_customer() {
    let bss = Bss::start().await;
    let customer = account(json!({"ResellerID": "2001", "SyncOptions": {"parent": "Resell"}}));
    bss.refused(ErrorCode::ResellerUnknown, "accounts/synchronize", &customer).await;
    let resell = synchronized(&bss, &reseller(json!({}))).await;
    assert_eq!(bss.stack.dropsuite.state_json()["resellers"][0]["id"], resell["ExternalID"]);
    let customer = merged(customer, json!({"ResellerExternalID": resell["ExternalID"]}));
    let customer = synchronized(&bss, &customer).await;
    let id = customer["ExternalID"].as_str().unwrap().to_owned();
    let placed = json!({"reseller_id": resell["ExternalID"], "seats_available": 1});
    bss.assert_at_vendor(&id, &placed);
    bss.refused(ErrorCode::RoleInvalid, "subscriptions/create", &service(json!({"Account": resell}))).await;
    let order = service(json!({"Account": customer}));
    let subscribed = merged(placed, json!({"seats_available": 5}));
    step(&bss, "subscriptions/create", &order, &format!("{id}.S1"), &subscribed).await;
    step(&bss, "subscriptions/cancel", &order, &format!("{id}.S1"), &json!({"customer_deactivated": true})).await;
    for account in [customer, resell] {
        assert_eq!(bss.answer("accounts/delete", &account).await, result(0, "", ""));
    }
}

#[tokio::test]
async fn existing_organization_that_is_linked() {
    let bss = Bss::start().await;
    let there =
        json!({"email": "it@contoso.example", "organization_name": "Contoso since 2015", "seats": 4, "seats_used": 4});
    let id = bss.in_portal(there).await;
    let contoso = account(json!({}));
    assert_eq!(bss.answer("accounts/exists", &contoso).await, result(1, "", &id));
    // For an existing organization the BSS does not synchronize the account, but orders.
    let contoso = merged(contoso, json!({"ExternalID": id}));
    let order = |seats: u32| service(json!({"Quantity": seats, "Account": contoso}));
    bss.refused(ErrorCode::SeatsInUse, "subscriptions/create", &order(3)).await;
    let six = json!({"organization_name": "Contoso since 2015", "seats_available": 6, "seats_used": 4});
    step(&bss, "subscriptions/create", &order(6), SUBSCRIPTION, &six).await;
    // A later change of the account is an update. No welcome e-mail is sent.
    let answer = bss.answer("accounts/synchronize", &contoso).await;
    assert_eq!((&answer["Result"], &answer["SendNotification"]), (&json!(id), &json!(false)));
    bss.assert_at_vendor(&id, &json!({"organization_name": "Contoso"}));
    step(&bss, "subscriptions/cancel", &order(6), SUBSCRIPTION, &json!({"customer_deactivated": true})).await;
    assert_eq!(bss.answer("accounts/delete", &contoso).await, result(0, "", ""));
    assert_eq!(bss.organizations().len(), 1);
}

#[tokio::test]
async fn trial_that_converts_to_paid() {
    let bss = Bss::start().await;
    let contoso = synchronized(&bss, &account(json!({}))).await;
    let trial = service(json!({"Account": contoso, "IsTrial": true}));
    step(&bss, "subscriptions/create", &trial, SUBSCRIPTION, &json!({"seats_available": 5})).await;
    assert_is_trial(&bss, true).await;
    let grown = known_service(6, json!({"Account": contoso, "IsTrial": true}));
    step(&bss, "subscriptions/update", &grown, SUBSCRIPTION, &json!({"seats_available": 6})).await;
    assert_is_trial(&bss, true).await;
    let paid = merged(grown, json!({"ActionType": "UpgradeToPaid", "Quantity": 9}));
    step(&bss, "subscriptions/update", &paid, SUBSCRIPTION, &json!({"plan_id": BACKUP, "seats_available": 9})).await;
    assert_is_trial(&bss, false).await;
    step(&bss, "subscriptions/suspend", &paid, SUBSCRIPTION, &json!({"flg_suspended": true})).await;
    let after = known_service(9, json!({"Account": contoso}));
    step(&bss, "subscriptions/activate", &after, SUBSCRIPTION, &json!({"flg_suspended": false})).await;
    assert_is_trial(&bss, false).await;
}

#[tokio::test]
async fn add_on_that_switches_archiving_on_and_off() {
    let bss = Bss::start().await;
    let contoso = synchronized(&bss, &account(json!({}))).await;
    let new = service(json!({"Account": contoso}));
    let state = |plan: &str, archive: bool| json!({"plan_id": plan, "archive": archive, "seats_available": 5});
    step(&bss, "subscriptions/create", &new, SUBSCRIPTION, &state(BACKUP, false)).await;
    let archiving =
        |action: &str| known_service(5, json!({"Account": contoso, "Addons": addon("archiving", 1, action)}));
    let id = "440032-6.S1:archiving";
    step(&bss, "addons/create", &archiving("Provision"), id, &state(ARCHIVER, true)).await;
    step(&bss, "subscriptions/suspend", &archiving("None"), SUBSCRIPTION, &state(ARCHIVER, true)).await;
    step(&bss, "subscriptions/activate", &archiving("None"), SUBSCRIPTION, &state(ARCHIVER, true)).await;
    step(&bss, "addons/cancel", &archiving("Cancel"), id, &state(BACKUP, false)).await;
    step(&bss, "addons/create", &archiving("Provision"), id, &state(ARCHIVER, true)).await;
    step(&bss, "addons/cancel", &archiving("Cancel"), id, &state(BACKUP, false)).await;
}

/// Asserts the trial flag, which only the table has.
async fn assert_is_trial(bss: &Bss, expected: bool) {
    let trials: Vec<_> = bss.table().await.iter().filter_map(|item| item.get("trial").cloned()).collect();
    assert_eq!(trials, [json!({"BOOL": expected})]);
}
