//! Seats that follow the use: `billedSeats` of a link, counted by the audit.

use jiff::SignedDuration;
use serde_json::{Value, json};
use service_manager::domain::requester::Requester;
use service_manager::domain::vendor_id::VendorId;
use service_manager::store::{AgreementLink, HistoryEntry, NewHistoryEntry};

use crate::client::cut_off;
use crate::portal::audit::month::{addition_of, in_short, sold};
use crate::portal::msp::{LINK, Msp};

/// Runs an audit and waits for the additions. Returns quantity and first day of the addition.
async fn audited(msp: &Msp, agreement: u32) -> (Value, Value) {
    msp.audits().await;
    msp.wait_for_additions().await;
    let addition = addition_of(msp, agreement);
    (addition["quantity"].clone(), addition["effectiveDate"].clone())
}

#[tokio::test]
async fn the_addition_follows_the_seats_in_use() {
    let msp = Msp::billing().await;
    let (company, agreement, organization) = sold(&msp, "Floating", 10).await;
    let day = addition_of(&msp, agreement)["effectiveDate"].clone();
    let used = async |seats: u32| {
        msp.bss.at_vendor(&organization, json!({"seats_used": seats, "auto_license": true})).await;
    };
    used(5).await;
    let link = json!({"organization": organization, "company": company, "agreement": agreement, "billedSeats": "used"});
    let linked = msp.done(LINK, &link).await;
    assert_eq!(linked["billedSeats"], "used", "{linked}");
    assert_eq!(audited(&msp, agreement).await, (json!(5), day.clone()));
    used(8).await;
    assert_eq!(audited(&msp, agreement).await, (json!(8), day.clone()));

    // An empty list, another number in the row of the organization, and no seats although some are in use.
    msp.bss.vendor_faults(json!([{"method": "GET", "path": "/users", "times": 1, "status": 200, "body": []}]));
    msp.done("audit/run", &json!({})).await;
    sandbox::background::audit(&msp.bss.stack.app, &msp.bss.stack.queues).await.unwrap();
    assert_eq!(addition_of(&msp, agreement)["quantity"], 8);
    msp.bss.stack.clock.advance(SignedDuration::from_mins(31));
    let msp = msp.with_new_session().await;
    sandbox::background::audit(&msp.bss.stack.app, &msp.bss.stack.queues).await.unwrap();
    let row = format!("/users/{organization}");
    for (path, change, value) in [(row.as_str(), "/required_seats", 3), ("/users", "/PLACE/required_seats", 0)] {
        let organizations = msp.bss.organizations();
        let place = organizations.iter().position(|row| row["id"] == organization.as_str()).unwrap();
        let patch = json!([{"op": "replace", "path": change.replace("PLACE", &place.to_string()), "value": value}]);
        msp.bss.vendor_faults(json!([{"method": "GET", "path": path, "times": 1, "patch": patch}]));
        assert_eq!(audited(&msp, agreement).await.0, 8, "{path}");
    }
    msp.bss.vendor_faults(json!([]));
    used(6).await;
    assert_eq!(audited(&msp, agreement).await, (json!(6), day.clone()));

    let bounded = json!({"organization": organization, "company": company, "agreement": agreement,
        "billedSeats": "used", "minimumSeats": 7, "maximumSeats": 9});
    msp.done(LINK, &bounded).await;
    msp.wait_for_additions().await;
    assert_eq!(addition_of(&msp, agreement)["quantity"], 7);
    used(12).await;
    assert_eq!(audited(&msp, agreement).await, (json!(9), day));
    let found = in_short(&msp.audits().await);
    assert!(!found.iter().any(|line| line.contains("Floating")), "{found:?}");
    let entries = msp.get("history/list?action=audit").await["history"].as_array().unwrap().clone();
    let seats: Vec<_> = entries
        .iter()
        .filter(|entry| entry["action"] == "audit/seats")
        .map(|entry| format!("{} {}", entry["from"].as_str().unwrap(), entry["to"].as_str().unwrap()))
        .collect();
    assert_eq!(seats, ["7 9", "8 6", "5 8", "10 5"], "{entries:#?}");
    msp.done(LINK, &json!({"organization": organization, "company": company, "agreement": agreement})).await;
    msp.wait_for_additions().await;
    assert_eq!(addition_of(&msp, agreement)["quantity"], 10, "as sold");
}

#[tokio::test]
async fn bounds_that_are_of_no_use_are_refused() {
    let msp = Msp::billing().await;
    let (company, agreement, organization) = sold(&msp, "Bounded", 3).await;
    let link = |more: Value| {
        let link = json!({"organization": organization, "company": company, "agreement": agreement});
        crate::client::merged(link, more)
    };
    for (field, more) in [
        ("minimumSeats", json!({"minimumSeats": 1})),
        ("maximumSeats", json!({"maximumSeats": 1, "billedSeats": "sold"})),
        ("maximumSeats", json!({"maximumSeats": 0, "billedSeats": "used"})),
        ("maximumSeats", json!({"minimumSeats": 3, "maximumSeats": 2, "billedSeats": "used"})),
    ] {
        msp.invalid_fields(&[field], LINK, &link(more)).await;
    }
    assert_eq!(msp.list("links").await[0]["billedSeats"], "sold");
}

#[tokio::test]
async fn deactivated_seats_are_told_before_they_cost() {
    let msp = Msp::billing().await;
    let (_, _, organization) = sold(&msp, "Fair", 50).await;
    let deactivated = async |seats: u32| {
        msp.bss.at_vendor(&organization, json!({"seats_used": 30, "deactivated_seats": seats})).await;
        let found = in_short(&msp.audits().await);
        found.into_iter().find(|line| line.starts_with("fairUse"))
    };
    assert_eq!(deactivated(7).await, None);
    assert_eq!(deactivated(8).await.unwrap(), "fairUse Fair - -: -, -");
    assert_eq!(deactivated(12).await.unwrap(), "fairUse Fair - -: EUR 5 vendor, -");
}

#[tokio::test]
async fn a_link_that_was_counted_meanwhile_is_not_replaced() {
    let msp = Msp::billing().await;
    let (company, agreement, organization) = sold(&msp, "Floating", 10).await;
    let link = json!({"organization": organization, "company": company, "agreement": agreement, "billedSeats": "used"});
    msp.done(LINK, &link).await;
    let store = &msp.bss.stack.app.store;
    let before = store.agreement_of(&VendorId::parse(&organization).unwrap()).await.unwrap().unwrap();
    let now = msp.bss.stack.clock.now();
    let count = |id: &str| {
        let entry = HistoryEntry::new(now, Requester::audit("audit/seats"));
        NewHistoryEntry {
            msp: before.msp,
            entry: HistoryEntry { reason: Some(id.to_owned()), ..entry },
            id: id.to_owned(),
        }
    };
    let faults = msp.bss.stack.dynamodb.faults();
    faults.set(cut_off(0, false));
    store.save_counted_seats(&before, 5, &count("cut off")).await.unwrap_err();
    faults.clear();
    assert!(store.save_counted_seats(&before, 5, &count("5 seats")).await.unwrap());
    assert!(!store.save_counted_seats(&before, 6, &count("6 seats")).await.unwrap());
    let page = msp.get("history/list?action=audit/seats").await;
    let told: Vec<_> = page["history"].as_array().unwrap().iter().map(|entry| &entry["reason"]).collect();
    assert_eq!(told, ["5 seats"], "a count and its entry are one");
    let replaced = AgreementLink { unit_price: Some(7.into()), ..before.clone() };
    assert!(!store.link_agreement(&replaced, Some(&before), None).await.unwrap());
    let counted = store.agreement(&before.account).await.unwrap().unwrap();
    assert_eq!((counted.used_seats.as_ref().unwrap().counted, counted.unit_price), (Some(5), before.unit_price));
    assert!(
        store
            .link_agreement(&AgreementLink { unit_price: Some(7.into()), ..counted.clone() }, Some(&counted), None)
            .await
            .unwrap()
    );
}
