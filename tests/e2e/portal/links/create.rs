//! `POST portal/links/create`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{ARCHIVER, BACKUP, ORGANIZATION, account, addon, known_service, merged, service};
use crate::portal::msp::{
    ACME, BLUE_BACKUP, BLUE_LIGHT, CREATE_PLAN, LINK, MANAGED, Msp, NOTHING, archiver, link, sells, steady,
};

#[tokio::test]
async fn has_what_the_bss_sold_billed() {
    let Some(msp) = Msp::billing().await else { return };
    sells(&msp.bss).await;
    msp.settled().await;
    assert_eq!(msp.lines(), NOTHING, "nobody said by what");
    assert_eq!(msp.get("additions/list").await, json!([]));
    let linked = msp.done(LINK, &link(json!({}))).await;
    assert_eq!(linked["application"], "b1a7c0de-0000-4000-8000-000000000001");
    let expected = json!({
        "application": "[application]", "account": "1001", "organization": ORGANIZATION, "company": 20,
        "agreement": 104, "linkedAt": "[time]",
    });
    assert_eq!(steady(linked.clone()), expected);
    msp.settled().await;
    let line = msp.line();
    assert_eq!((&line["quantity"], &line["agreementId"]), (&json!(5), &json!(BLUE_BACKUP)));
    assert_eq!(line["effectiveDate"], "2031-06-01T00:00:00Z");
    let row = msp.row().await;
    assert_eq!(
        (&row["state"], &row["subscription"], &row["account"]),
        (&json!("applied"), &json!("S1"), &json!("1001"))
    );

    assert_eq!(msp.done(LINK, &link(json!({}))).await, linked, "again has no effect");
    msp.settled().await;
    assert_eq!(msp.line(), line);
}

#[tokio::test]
async fn what_the_bss_changes_is_followed() {
    let Some(msp) = Msp::billing().await else { return };
    msp.done(CREATE_PLAN, &archiver(json!({}))).await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.bss.done("subscriptions/update", &known_service(8, json!({}))).await;
    msp.settled().await;
    assert_eq!(msp.line()["quantity"], 8);
    let archiving = known_service(8, json!({"Addons": addon("archiving", 1, "Provision")}));
    msp.bss.done("addons/create", &archiving).await;
    msp.settled().await;
    assert_eq!(msp.line()["product"]["id"], msp.product(ARCHIVER));
    assert_eq!((&msp.line()["quantity"], &msp.line()["unitPrice"]), (&json!(8), &json!(6)));
    msp.bss.done("subscriptions/cancel", &known_service(8, json!({}))).await;
    msp.settled().await;
    assert_eq!((&msp.line()["quantity"], &msp.line()["cancelledDate"]), (&json!(0), &json!("2031-06-01T00:00:00Z")));
}

#[tokio::test]
async fn an_order_after_it_is_billed_too() {
    let Some(msp) = Msp::billing().await else { return };
    msp.bss.done("accounts/synchronize", &account(json!({}))).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.settled().await;
    let expected = json!({
        "application": "[application]", "account": "1001", "organization": ORGANIZATION, "company": 20,
        "agreement": 104, "state": "linked", "updatedAt": "[time]",
    });
    assert_eq!(steady(msp.row().await), expected);
    assert_eq!(msp.lines(), NOTHING);
    msp.bss.done("subscriptions/create", &service(json!({}))).await;
    msp.settled().await;
    assert_eq!(msp.line()["quantity"], 5);
    assert_eq!(msp.row().await["state"], "applied");
}

#[tokio::test]
async fn another_agreement_takes_the_addition_along() {
    let Some(msp) = Msp::billing().await else { return };
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.settled().await;
    let first = msp.line();
    msp.done(LINK, &link(json!({"company": ACME, "agreement": MANAGED, "unitPrice": 2}))).await;
    msp.settled().await;
    let lines = msp.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!((&lines[0]["id"], &lines[0]["cancelledDate"]), (&first["id"], &json!("2031-06-01T00:00:00Z")));
    assert_eq!((&lines[0]["quantity"], &lines[0]["billCustomer"]), (&json!(0), &json!("DoNotBill")));
    assert_eq!((&lines[1]["agreementId"], &lines[1]["quantity"]), (&json!(MANAGED), &json!(5)));
    assert_eq!((&lines[1]["unitPrice"], lines[1].get("cancelledDate")), (&json!(2), None));
    let row = msp.row().await;
    assert_eq!(
        (&row["addition"], &row["agreement"], &row["company"]),
        (&lines[1]["id"], &json!(MANAGED), &json!(ACME))
    );
    assert_eq!(msp.get("links/list").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn another_price_is_told() {
    let Some(msp) = Msp::billing().await else { return };
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.settled().await;
    msp.done(LINK, &link(json!({"unitPrice": 1.75}))).await;
    msp.settled().await;
    assert_eq!((&msp.line()["unitPrice"], &msp.line()["quantity"]), (&json!(1.75), &json!(5)));
}

#[tokio::test]
async fn what_is_not_the_msps_is_refused() {
    let Some(msp) = Msp::billing().await else { return };
    sells(&msp.bss).await;
    let theirs =
        msp.bss.in_portal(json!({"email": "x@other.example", "organization_name": "Other", "partner": 2})).await;
    for organization in [theirs.as_str(), "999999-6", "", "nothing"] {
        msp.faulty(&["organization"], LINK, &link(json!({"organization": organization}))).await;
    }
    for (wrong, field) in [
        (json!({"agreement": MANAGED}), "agreement"),
        (json!({"company": ACME, "agreement": 102}), "agreement"),
        (json!({"agreement": 999}), "agreement"),
        (json!({"company": 999}), "company"),
    ] {
        msp.faulty(&[field], LINK, &link(wrong)).await;
    }
    msp.refused(ErrorCode::BadRequest, LINK, &json!({"organization": ORGANIZATION})).await;
    assert_eq!(msp.get("links/list").await, json!([]));
    msp.settled().await;
    assert_eq!(msp.lines(), NOTHING);
}

#[tokio::test]
async fn an_organization_that_was_there_before_needs_its_account() {
    let Some(msp) = Msp::billing().await else { return };
    let portal = json!({"email": "it@contoso.example", "organization_name": "Contoso", "seats": 2});
    assert_eq!(msp.bss.in_portal(portal).await, ORGANIZATION);
    msp.faulty(&["account"], LINK, &link(json!({}))).await;
    let named = link(json!({"application": "b1a7c0de-0000-4000-8000-000000000001", "account": "1001"}));
    msp.faulty(&["organization"], LINK, &named).await;
    msp.bss.done("accounts/synchronize", &account(json!({"ExternalID": ORGANIZATION}))).await;
    msp.bss.done("subscriptions/create", &service(json!({}))).await;
    msp.faulty(&["account"], LINK, &link(json!({}))).await;
    msp.faulty(&["organization"], LINK, &merged(named.clone(), json!({"account": "1002"}))).await;
    msp.done(LINK, &named).await;
    msp.settled().await;
    assert_eq!(msp.line()["quantity"], 5);
}

#[tokio::test]
async fn half_a_name_of_an_account_is_refused() {
    let Some(msp) = Msp::billing().await else { return };
    sells(&msp.bss).await;
    // Whoever names another account than the organization's means something else than what would be linked.
    msp.faulty(&["application"], LINK, &link(json!({"account": "1002"}))).await;
    msp.faulty(&["account"], LINK, &link(json!({"application": "b1a7c0de-0000-4000-8000-000000000001"}))).await;
}

#[tokio::test]
async fn a_negative_price_is_refused() {
    let Some(msp) = Msp::billing().await else { return };
    sells(&msp.bss).await;
    msp.faulty(&["unitPrice"], LINK, &link(json!({"unitPrice": -0.5}))).await;
}

#[tokio::test]
async fn two_of_one_agreement_never_take_each_others() {
    let Some(msp) = Msp::with_tenant().await else { return };
    sells(&msp.bss).await;
    let second = msp.bss.organizations()[1]["id"].clone();
    msp.done(LINK, &link(json!({"organization": second}))).await;
    msp.settled().await;
    let quantities = || msp.lines().iter().map(|line| line["quantity"].clone()).collect::<Vec<_>>();
    assert_eq!(quantities(), [json!(3), json!(5)]);
    let rows = msp.rows().await;
    assert!(rows.iter().all(|row| row["state"] == "applied") && rows[0]["addition"] != rows[1]["addition"], "{rows:?}");
    msp.done("organizations/update", &json!({"company": BLUE_LIGHT, "seats": 4})).await;
    msp.bss.done("subscriptions/update", &service(json!({"Quantity": 6}))).await;
    msp.settled().await;
    assert_eq!(quantities(), [json!(4), json!(6)]);
    msp.done("organizations/unsubscribe", &json!({"company": BLUE_LIGHT})).await;
    msp.settled().await;
    assert_eq!(quantities(), [json!(0), json!(6)]);
    assert_eq!(msp.lines()[1].get("cancelledDate"), None);
    assert_eq!(
        msp.held("catalogItem").iter().filter(|item| item["identifier"] == format!("euwest.{BACKUP}")).count(),
        1
    );
}

#[tokio::test]
async fn is_linked_while_connectwise_is_silent() {
    let Some(msp) = Msp::billing().await else { return };
    sells(&msp.bss).await;
    msp.faults(json!([{"path": "*", "delay_ms": 6_000}]));
    assert_eq!(msp.done(LINK, &link(json!({}))).await["agreement"], BLUE_BACKUP);
    msp.faults(json!([]));
    msp.faulty(&["agreement"], LINK, &link(json!({"agreement": MANAGED}))).await;
}
