//! `POST portal/links/create`

use futures::future::join_all;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{ARCHIVER, BACKUP, ORGANIZATION, account, addon, known_service, merged, service};
use crate::portal::msp::bodies::{ACME, BLUE_BACKUP, GUIDE, MANAGED, archiver, link, sells};
use crate::portal::msp::{CREATE_PLAN, LINK, Msp, NOTHING, masked};

#[tokio::test]
async fn bills_a_subscription_of_the_bss() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.additions(), NOTHING, "there is no link yet");
    assert_eq!(msp.list("additions").await, json!([]));
    let linked = msp.done(LINK, &link(json!({}))).await;
    assert_eq!(linked["application"], "b1a7c0de-0000-4000-8000-000000000001");
    let expected = json!({
        "application": "[application]", "account": "1001", "organization": ORGANIZATION, "company": 20,
        "agreement": 104, "billedSeats": "sold", "startsOn": "nextMonth", "lastBilledMonth": "this",
        "creditsUnused": false, "billing": format!("5 units are invoiced from 2031-06-01. {GUIDE}"), "linkedAt": "[time]",
    });
    assert_eq!(masked(linked.clone()), expected);
    msp.wait_for_additions().await;
    let addition = msp.addition();
    assert_eq!((&addition["quantity"], &addition["agreementId"]), (&json!(5), &json!(BLUE_BACKUP)));
    assert_eq!(addition["effectiveDate"], "2031-06-01T00:00:00Z");
    let row = msp.row().await;
    assert_eq!(
        (&row["state"], &row["subscription"], &row["account"]),
        (&json!("synced"), &json!("S1"), &json!("1001"))
    );

    assert_eq!(msp.done(LINK, &link(json!({}))).await, linked, "again has no effect");
    msp.wait_for_additions().await;
    assert_eq!(msp.addition(), addition);
}

#[tokio::test]
async fn the_same_link_many_times_at_once_is_one() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    let body = link(json!({}));
    let made = join_all((0..8).map(|_| msp.post(LINK, &body))).await;
    let statuses: Vec<_> = made.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [200; 8], "{made:?}");
    for (_, answer) in &made {
        assert_eq!(answer["linkedAt"], made[0].1["linkedAt"]);
    }
    assert_eq!(msp.list("links").await.as_array().unwrap().len(), 1);
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["quantity"], 5);
}

#[tokio::test]
async fn changes_by_the_bss_are_synchronized() {
    let msp = Msp::billing().await;
    msp.done(CREATE_PLAN, &archiver(json!({}))).await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.bss.done("subscriptions/update", &known_service(8, json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["quantity"], 8);
    let archiving = known_service(8, json!({"Addons": addon("archiving", 1, "Provision")}));
    msp.bss.done("addons/create", &archiving).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["product"]["id"], msp.product(ARCHIVER));
    assert_eq!((&msp.addition()["quantity"], &msp.addition()["unitPrice"]), (&json!(8), &json!(6)));
    msp.bss.done("subscriptions/cancel", &known_service(8, json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!(
        (&msp.addition()["quantity"], &msp.addition()["cancelledDate"]),
        (&json!(0), &json!("2031-06-01T00:00:00Z"))
    );
}

#[tokio::test]
async fn a_later_order_is_billed() {
    let msp = Msp::billing().await;
    msp.bss.done("accounts/synchronize", &account(json!({}))).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.wait_for_additions().await;
    let expected = json!({
        "application": "[application]", "account": "1001", "organization": ORGANIZATION, "company": 20,
        "agreement": 104, "billing": "Nothing is invoiced yet.", "state": "linked", "updatedAt": "[time]",
    });
    assert_eq!(masked(msp.row().await), expected);
    assert_eq!(msp.additions(), NOTHING);
    msp.bss.done("subscriptions/create", &service(json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["quantity"], 5);
    assert_eq!(msp.row().await["state"], "synced");
}

#[tokio::test]
async fn changing_the_agreement_moves_the_addition() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.wait_for_additions().await;
    let first = msp.addition();
    msp.done(LINK, &link(json!({"company": ACME, "agreement": MANAGED, "unitPrice": 2}))).await;
    msp.wait_for_additions().await;
    let additions = msp.additions();
    assert_eq!(additions.len(), 2, "{additions:?}");
    assert_eq!((&additions[0]["id"], &additions[0]["cancelledDate"]), (&first["id"], &json!("2031-06-01T00:00:00Z")));
    assert_eq!((&additions[0]["quantity"], &additions[0]["billCustomer"]), (&json!(0), &json!("DoNotBill")));
    assert_eq!((&additions[1]["agreementId"], &additions[1]["quantity"]), (&json!(MANAGED), &json!(5)));
    assert_eq!((&additions[1]["unitPrice"], additions[1].get("cancelledDate")), (&json!(2), None));
    let row = msp.row().await;
    assert_eq!(
        (&row["addition"], &row["agreement"], &row["company"]),
        (&additions[1]["id"], &json!(MANAGED), &json!(ACME))
    );
    assert_eq!(msp.list("links").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn another_price_is_reported() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.wait_for_additions().await;
    msp.done(LINK, &link(json!({"unitPrice": 1.75}))).await;
    msp.wait_for_additions().await;
    assert_eq!((&msp.addition()["unitPrice"], &msp.addition()["quantity"]), (&json!(1.75), &json!(5)));
}

#[tokio::test]
async fn foreign_organizations_companies_and_agreements_are_rejected() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    let theirs =
        msp.bss.in_portal(json!({"email": "x@other.example", "organization_name": "Other", "partner": 2})).await;
    for organization in [theirs.as_str(), "999999-6", "", "nothing"] {
        msp.invalid_fields(&["organization"], LINK, &link(json!({"organization": organization}))).await;
    }
    for (wrong, field) in [
        (json!({"agreement": MANAGED}), "agreement"),
        (json!({"company": ACME, "agreement": 102}), "agreement"),
        (json!({"agreement": 999}), "agreement"),
        (json!({"company": 999}), "company"),
    ] {
        msp.invalid_fields(&[field], LINK, &link(wrong)).await;
    }
    msp.invalid_fields(&["organization", "company", "agreement"], LINK, &json!({})).await;
    msp.invalid_fields(&["company", "agreement"], LINK, &json!({"organization": ORGANIZATION})).await;
    msp.refused(ErrorCode::BadRequest, LINK, &link(json!({"Company": 20}))).await;
    assert_eq!(msp.list("links").await, json!([]));
    msp.wait_for_additions().await;
    assert_eq!(msp.additions(), NOTHING);
}

#[tokio::test]
async fn a_pre_existing_organization_needs_its_account() {
    let msp = Msp::billing().await;
    let portal = json!({"email": "it@contoso.example", "organization_name": "Contoso", "seats": 2});
    assert_eq!(msp.bss.in_portal(portal).await, ORGANIZATION);
    msp.invalid_fields(&["account"], LINK, &link(json!({}))).await;
    let named = link(json!({"application": "b1a7c0de-0000-4000-8000-000000000001", "account": "1001"}));
    msp.invalid_fields(&["organization"], LINK, &named).await;
    msp.bss.done("accounts/synchronize", &account(json!({"ExternalID": ORGANIZATION}))).await;
    msp.bss.done("subscriptions/create", &service(json!({}))).await;
    msp.invalid_fields(&["account"], LINK, &link(json!({}))).await;
    msp.invalid_fields(&["organization"], LINK, &merged(named.clone(), json!({"account": "1002"}))).await;
    msp.done(LINK, &named).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["quantity"], 5);
}

#[tokio::test]
async fn an_incomplete_account_is_rejected() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    // An account other than the organization's is a mistake of the caller.
    msp.invalid_fields(&["application"], LINK, &link(json!({"account": "1002"}))).await;
    msp.invalid_fields(&["account"], LINK, &link(json!({"application": "b1a7c0de-0000-4000-8000-000000000001"}))).await;
}

#[tokio::test]
async fn a_negative_price_is_refused() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    msp.invalid_fields(&["unitPrice"], LINK, &link(json!({"unitPrice": -0.5}))).await;
}

#[tokio::test]
async fn two_links_of_one_agreement_have_separate_additions() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    let user = "it@fabrikam.example";
    let options = json!({"username": user, "role": "1"});
    let fabrikam = account(json!({"ID": "1002", "Name": "Fabrikam", "Email": user, "SyncOptions": options}));
    let second = msp.bss.done("accounts/synchronize", &fabrikam).await;
    let subscription = |seats: u32| service(json!({"SubscriptionID": "S2", "Account": fabrikam, "Quantity": seats}));
    msp.bss.done("subscriptions/create", &subscription(3)).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.done(LINK, &link(json!({"organization": second}))).await;
    msp.wait_for_additions().await;
    let quantities = || {
        let mut all: Vec<_> = msp.additions().iter().map(|addition| addition["quantity"].as_u64().unwrap()).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(quantities(), [3, 5]);
    let rows = msp.rows().await;
    assert!(rows.iter().all(|row| row["state"] == "synced") && rows[0]["addition"] != rows[1]["addition"], "{rows:?}");
    msp.bss.done("subscriptions/update", &subscription(4)).await;
    msp.bss.done("subscriptions/update", &service(json!({"Quantity": 6}))).await;
    msp.wait_for_additions().await;
    assert_eq!(quantities(), [4, 6]);
    msp.bss.done("subscriptions/cancel", &subscription(4)).await;
    msp.wait_for_additions().await;
    assert_eq!(quantities(), [0, 6]);
    let live: Vec<_> = msp.additions().into_iter().filter(|addition| addition["quantity"] == 6).collect();
    assert_eq!(live[0].get("cancelledDate"), None);
    assert_eq!(
        msp.records("catalogItem").iter().filter(|item| item["identifier"] == format!("euwest.{BACKUP}")).count(),
        1
    );
}

#[tokio::test]
async fn is_linked_while_connectwise_is_unresponsive() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    msp.faults(json!([{"path": "*", "delay_ms": 6_000}]));
    assert_eq!(msp.done(LINK, &link(json!({}))).await["agreement"], BLUE_BACKUP);
    msp.faults(json!([]));
    msp.invalid_fields(&["agreement"], LINK, &link(json!({"agreement": MANAGED}))).await;
}
