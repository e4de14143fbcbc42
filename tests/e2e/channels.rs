//! One customer, one subscription, one channel: what the portal sold is not found, adopted, changed or cancelled through the
//! BSS, nor the other way round, nor by a second installation with the same tokens.

use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{BACKUP, Bss, ORGANIZATION, account, addon, merged, result, service};
use crate::portal::msp::bodies::{ACME, BLUE_LIGHT, MANAGED, company, link, order, plan, sells};
use crate::portal::msp::{ACTIVATE, CREATE_PLAN, LINK, Msp, ORDER, UNSUBSCRIBE};

/// Starts a stack with two installations and an MSP that is set up and has a plan.
async fn channels() -> Msp {
    let options = Options { second_channel: true, stream: true, ..Options::from_env() };
    let msp = Msp::on(Bss::start_with(options).await).with_new_session().await;
    msp.set_up_connectwise().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp
}

/// Returns an account of the BSS with the email address and the name that [`order`] sells to.
fn same_customer(more: Value) -> Value {
    let user = "gordon@bluelight.example";
    let account = account(json!({"Name": "Blue Light", "Email": user, "SyncOptions": {"username": user, "role": "1"}}));
    merged(account, more)
}

/// Asserts that `bss` can neither find nor change the organization of `other_customer`, whatever it sends.
async fn assert_out_of_reach(bss: &Bss, other_customer: &Value) {
    let before = bss.vendor();
    let known = merged(other_customer.clone(), json!({"ExternalID": ORGANIZATION}));
    for body in [other_customer, &known] {
        let answer = bss.answer("accounts/exists", body).await;
        let message = answer["Message"].as_str().unwrap().to_owned();
        assert_eq!(answer, result(2, &message, ORGANIZATION));
        assert!(message.contains("another channel"), "{message}");
        let message = bss.refused(ErrorCode::ExternalIdTaken, "accounts/synchronize", body).await;
        assert!(message.contains("another channel"), "{message}");
    }
    let order = service(json!({"Account": known}));
    let archiving = merged(order.clone(), json!({"Addons": addon("archiving", 1, "Provision")}));
    for (path, body) in [
        ("subscriptions/create", order.clone()),
        ("subscriptions/create", merged(order.clone(), json!({"CheckOnly": true}))),
    ] {
        bss.refused(ErrorCode::ExternalIdTaken, path, &body).await;
    }
    // Nothing of it is recorded here, so there is nothing to change or to cancel.
    for (path, body) in [
        ("subscriptions/update", &order),
        ("subscriptions/suspend", &order),
        ("subscriptions/activate", &order),
        ("addons/create", &archiving),
        ("addons/update", &archiving),
    ] {
        let (_, answer) = bss.post(path, body).await;
        assert!(answer["Code"].as_i64().unwrap() < 0, "{path}: {answer}");
    }
    for (path, body) in [("subscriptions/cancel", &order), ("addons/cancel", &archiving)] {
        let (_, answer) = bss.post(path, body).await;
        assert!([0, -1010].contains(&answer["Code"].as_i64().unwrap()), "{path}: {answer}");
    }
    let unnamed = merged(known.clone(), json!({"ID": ""}));
    let (_, answer) = bss.post("accounts/delete", &unnamed).await;
    assert_eq!(answer["Code"], ErrorCode::ExternalIdTaken.number(), "{answer}");
    bss.done("accounts/delete", &known).await;
    let after = bss.vendor();
    assert_eq!(after.1, before.1);
    assert!(after.0.iter().skip(before.0.len()).all(|write| write == "POST users"), "{:?}", after.0);
}

#[tokio::test]
async fn what_the_portal_sold_is_out_of_the_bss_reach() {
    let msp = channels().await;
    msp.done(ORDER, &order(json!({}))).await;
    assert_out_of_reach(&msp.bss, &same_customer(json!({}))).await;
    msp.done("organizations/update", &json!({"company": BLUE_LIGHT, "seats": 4})).await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    assert_out_of_reach(&msp.bss, &same_customer(json!({}))).await;
}

#[tokio::test]
async fn what_the_bss_sold_is_out_of_the_portals_reach() {
    let msp = channels().await;
    msp.bss.done("accounts/synchronize", &same_customer(json!({}))).await;
    msp.bss.done("subscriptions/create", &service(json!({"Account": same_customer(json!({}))}))).await;
    let before = msp.bss.organizations();
    let message = msp.refused(ErrorCode::ExternalIdTaken, ORDER, &order(json!({}))).await;
    assert!(message.contains("another channel") && !message.contains("Retry"), "{message}");
    assert_eq!(msp.bss.organizations(), before);
    assert_eq!(msp.list("links").await, json!([]));
    msp.refused(ErrorCode::SubscriptionUnknown, UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
}

#[tokio::test]
async fn what_an_installation_sold_is_out_of_a_second_ones_reach() {
    let msp = channels().await;
    let (first, second) = (&msp.bss, msp.bss.second_installation());
    sells(first).await;
    assert_out_of_reach(&second, &account(json!({}))).await;
    let contoso = service(json!({}));
    first.done("subscriptions/update", &merged(contoso.clone(), json!({"Quantity": 6}))).await;
    first.done("subscriptions/cancel", &contoso).await;
    second.refused(ErrorCode::ExternalIdTaken, "accounts/synchronize", &account(json!({}))).await;
}

#[tokio::test]
async fn an_organization_without_a_reference_belongs_to_the_channel_that_linked_it() {
    let msp = channels().await;
    let (first, second) = (&msp.bss, msp.bss.second_installation());
    let theirs = json!({"email": "it@contoso.example", "organization_name": "Contoso", "seats": 2});
    assert_eq!(first.in_portal(theirs).await, ORGANIZATION);
    let known = account(json!({"ExternalID": ORGANIZATION}));
    first.done("accounts/synchronize", &known).await;
    let before = first.vendor();
    let exists = second.answer("accounts/exists", &known).await;
    assert_eq!(exists["Code"], 2, "{exists}");
    second.refused(ErrorCode::ExternalIdTaken, "accounts/synchronize", &known).await;
    second.refused(ErrorCode::ExternalIdTaken, "subscriptions/create", &service(json!({"Account": known}))).await;
    let contoso = json!({"email": "it@contoso.example", "businessName": "Contoso"});
    msp.refused(ErrorCode::ExternalIdTaken, ORDER, &order(contoso)).await;
    assert_eq!(first.vendor().1, before.1);
    first.done("subscriptions/create", &service(json!({"Account": known}))).await;

    // It is free again once its account is deleted.
    first.done("subscriptions/cancel", &service(json!({"Account": known}))).await;
    first.done("accounts/delete", &known).await;
    second.done("accounts/synchronize", &known).await;
    first.refused(ErrorCode::ExternalIdTaken, "accounts/synchronize", &known).await;
}

#[tokio::test]
async fn a_company_has_one_subscription_from_one_channel() {
    let msp = channels().await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    let before = msp.bss.vendor();
    let message = msp.refused(ErrorCode::ExternalIdTaken, ORDER, &order(json!({}))).await;
    assert!(message.contains("1001") && message.contains("links/delete"), "{message}");
    assert_eq!(msp.bss.vendor(), before);

    // The other way round: the account has no subscription when it is linked, and the portal sells.
    let subscription = service(json!({}));
    msp.bss.done("subscriptions/cancel", &subscription).await;
    msp.done(ORDER, &order(json!({}))).await;
    let before = msp.bss.vendor();
    let again = service(json!({"SubscriptionID": "S2"}));
    for body in [again.clone(), merged(again, json!({"CheckOnly": true}))] {
        let message = msp.bss.refused(ErrorCode::ExternalIdTaken, "subscriptions/create", &body).await;
        assert!(message.contains("portal"), "{message}");
    }
    msp.bss.refused(ErrorCode::ExternalIdTaken, "subscriptions/activate", &subscription).await;
    assert_eq!(msp.bss.vendor(), before);

    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.bss.done("subscriptions/activate", &subscription).await;
    msp.refused(ErrorCode::ExternalIdTaken, ACTIVATE, &company(BLUE_LIGHT)).await;
}

#[tokio::test]
async fn a_link_never_makes_a_second_subscription_of_a_company() {
    let msp = channels().await;
    sells(&msp.bss).await;
    msp.done(ORDER, &order(json!({}))).await;
    let message = msp.refused(ErrorCode::ExternalIdTaken, LINK, &link(json!({}))).await;
    assert!(message.contains("20"), "{message}");
    msp.done(LINK, &link(json!({"company": ACME, "agreement": MANAGED}))).await;

    // What the portal sold is linked with its own company only.
    let sold = msp.bss.organizations()[1]["id"].clone();
    let message = msp
        .refused(
            ErrorCode::ExternalIdTaken,
            LINK,
            &json!({"organization": sold, "company": ACME, "agreement": MANAGED}),
        )
        .await;
    assert!(message.contains("20"), "{message}");
    msp.done(LINK, &link(json!({"organization": sold}))).await;
    assert_eq!(msp.bss.organizations()[1]["plan_id"], BACKUP);
}

#[tokio::test]
async fn a_link_of_an_earlier_release_is_read_and_replaced_by_the_next_change() {
    let bss = Bss::start().await;
    let theirs = json!({"email": "it@contoso.example", "organization_name": "Contoso", "seats": 2});
    assert_eq!(bss.in_portal(theirs).await, ORGANIZATION);
    bss.done("accounts/synchronize", &account(json!({"ExternalID": ORGANIZATION}))).await;
    bss.write_as_earlier_release(ORGANIZATION).await;
    let other = account(json!({"ID": "1002", "ExternalID": ORGANIZATION}));
    let before = bss.effects().await;
    let message = bss.refused(ErrorCode::ExternalIdTaken, "accounts/synchronize", &other).await;
    assert!(message.contains("1001"), "{message}");
    assert_eq!(bss.effects().await, before);

    bss.done("subscriptions/create", &service(json!({"Account": account(json!({}))}))).await;
    let keys = bss.links(ORGANIZATION).await;
    assert!(keys.contains(&format!("external#{ORGANIZATION}")), "{keys:?}");
    bss.refused(ErrorCode::ExternalIdTaken, "accounts/synchronize", &other).await;
    bss.done("subscriptions/cancel", &service(json!({}))).await;
    bss.done("accounts/delete", &account(json!({}))).await;
    assert_eq!(bss.links(ORGANIZATION).await, [""; 0]);
    bss.done("accounts/synchronize", &other).await;
}
