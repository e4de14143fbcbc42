//! Two hosts of Dropsuite with equal ids: each id means one customer, and no record of one host answers for the other's.

use jiff::SignedDuration;
use sandbox::dropsuite::Backups;
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{BACKUP, Bss, ORGANIZATION, account, known_service, service};
use crate::portal::msp::bodies::{ACME, BLUE_LIGHT, MANAGED, order, plan};
use crate::portal::msp::{CREATE_PLAN, Msp, ORDER};

fn two_hosts() -> Options {
    Options { second_channel: true, stream: true, ..Options::from_env() }
}

/// Returns the organization with an id at the second host, reduced to the members of `like`.
fn at_second_host(bss: &Bss, id: &str, like: &Value) -> Value {
    let state = bss.stack.second_dropsuite.as_ref().unwrap().sandbox.state_json();
    let organizations = state["organizations"].as_array().unwrap();
    let found = organizations.iter().find(|organization| organization["id"] == id).unwrap();
    like.as_object().unwrap().keys().map(|name| (name.clone(), found[name].clone())).collect()
}

fn customer(id: &str, name: &str, user: &str) -> Value {
    account(json!({"ID": id, "Name": name, "Email": user, "SyncOptions": {"username": user, "role": "1"}}))
}

#[tokio::test]
async fn equal_ids_are_two_customers_of_an_installation() {
    let first = Bss::start_with(two_hosts()).await;
    let second = first.at_second_host();
    assert_eq!(first.done("accounts/synchronize", &account(json!({}))).await, ORGANIZATION);
    let other = customer("1002", "Fabrikam", "it@fabrikam.example");
    assert_eq!(second.done("accounts/synchronize", &other).await, ORGANIZATION, "the hosts have equal ids");
    first.done("subscriptions/create", &service(json!({}))).await;
    second
        .done("subscriptions/create", &service(json!({"SubscriptionID": "S2", "Account": other, "Quantity": 7})))
        .await;
    first.assert_at_vendor(ORGANIZATION, &json!({"organization_name": "Contoso", "seats_available": 5}));
    let expected = json!({"organization_name": "Fabrikam", "seats_available": 7});
    assert_eq!(at_second_host(&first, ORGANIZATION, &expected), expected);
    first.done("subscriptions/cancel", &known_service(5, json!({}))).await;
    first.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
    let expected = json!({"customer_deactivated": false});
    assert_eq!(at_second_host(&first, ORGANIZATION, &expected), expected);
}

#[tokio::test]
async fn an_account_is_not_changed_at_another_host() {
    let first = Bss::start_with(two_hosts()).await;
    let second = first.at_second_host();
    first.done("accounts/synchronize", &account(json!({}))).await;
    first.done("subscriptions/create", &service(json!({}))).await;
    let url = format!("{}/_sandbox/organizations", first.stack.second_dropsuite.as_ref().unwrap().origin());
    let theirs = json!({"email": "it@fabrikam.example", "organization_name": "Fabrikam", "seats": 4});
    let made = sandbox::http_client().unwrap().post(url).json(&theirs).send().await.unwrap();
    let made: Value = made.json().await.unwrap();
    assert_eq!(made["id"], ORGANIZATION);
    let state = || first.stack.second_dropsuite.as_ref().unwrap().sandbox.state_json()["organizations"].clone();
    let before = (first.organizations(), state());
    for (path, body) in [
        ("accounts/synchronize", account(json!({"ExternalID": ORGANIZATION, "Name": "Renamed"}))),
        ("subscriptions/update", known_service(9, json!({}))),
        ("subscriptions/suspend", known_service(5, json!({}))),
        ("subscriptions/cancel", known_service(5, json!({}))),
    ] {
        let message = second.refused(ErrorCode::SettingInvalid, path, &body).await;
        assert!(message.contains("API URL"), "{message}");
    }
    assert_eq!((first.organizations(), state()), before);
}

#[tokio::test]
async fn equal_ids_are_two_customers_of_two_msps() {
    let first = Msp::on(Bss::start_with(two_hosts()).await).with_new_session().await;
    first.set_up_connectwise().await;
    first.done(CREATE_PLAN, &plan(json!({}))).await;
    first.done(ORDER, &order(json!({}))).await;
    let second = first.at_second_host().await;
    assert_eq!(second.list("links").await, json!([]), "another host is another MSP");
    second.set_up_connectwise().await;
    second.done(CREATE_PLAN, &plan(json!({}))).await;
    let of_plan = |item: &Value| item["identifier"].as_str().unwrap().ends_with(BACKUP);
    let items: Vec<_> = first.records("catalogItem").into_iter().filter(of_plan).collect();
    assert_eq!(items.len(), 2, "equal plan ids of two hosts have products of their own: {items:?}");
    let acme = json!({"company": ACME, "agreement": MANAGED, "email": "ann@acme.example", "businessName": "Acme"});
    second.done(ORDER, &order(acme)).await;
    for msp in [&first, &second] {
        assert_eq!(msp.list("links").await[0]["organization"], ORGANIZATION);
    }
    first.wait_for_additions().await;
    let of_second = second.row().await;
    assert_eq!((&of_second["state"], &of_second["company"]), (&json!("synced"), &json!(ACME)));

    let backups = |status: &str| Backups { status: status.to_owned(), ..Backups::default() };
    let hosts = [&first.bss.stack.dropsuite, &first.bss.stack.second_dropsuite.as_ref().unwrap().sandbox];
    for sandbox in hosts {
        sandbox.add_mailboxes(ORGANIZATION, 1).unwrap();
        sandbox.set_backups(ORGANIZATION, &backups("Space Full")).unwrap();
    }
    first.run_checks().await;
    let tickets = first.tickets();
    let companies: Vec<_> = tickets.iter().map(|ticket| ticket["company"]["id"].clone()).collect();
    assert_eq!(companies.len(), 2, "{tickets:?}");
    assert!(companies.contains(&json!(BLUE_LIGHT)) && companies.contains(&json!(ACME)), "{companies:?}");

    // One host recovers; the other's ticket stays open.
    hosts[1].set_backups(ORGANIZATION, &backups("Completed")).unwrap();
    first.bss.stack.clock.advance(SignedDuration::from_mins(1));
    first.run_checks().await;
    let open: Vec<_> = first.tickets().into_iter().filter(|ticket| ticket["closedFlag"] != true).collect();
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(open[0]["company"]["id"], BLUE_LIGHT);
}
