//! `addons/*`: add-ons for every licence, and storage packs. They are added immediately and removed at the renewal.

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use super::demo::{
    ADVANCED, ADVANCED_LICENCE, BUSINESS, CREATE, EDUCATION, GOVERNANCE, HISTORY, HISTORY_ADVANCED, HISTORY_STANDARD,
    LARGE_PACK, PACK, PACK_ADVANCED, STANDARD, STANDARD_LICENCE, SUBSCRIPTION, UPDATE, acting, days, known, order,
    with,
};
use crate::client::{Bss, provisioned};

const ADD: &str = "addons/create";
const CHANGE: &str = "addons/update";
const REMOVE: &str = "addons/cancel";

fn addon_id(code: &str) -> String {
    format!("{SUBSCRIPTION}:{code}")
}

#[tokio::test]
async fn an_add_on_has_the_number_of_licences() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let add = known(STANDARD, 3, acting("Provision", &[HISTORY]));
    let first = bss.answer(ADD, &add).await;
    assert_eq!(first, provisioned(&addon_id(HISTORY)));
    bss.assert_team_has(&[(STANDARD, 1), (HISTORY_STANDARD, 3)]);
    assert_eq!(bss.answer(ADD, &add).await, first);
    assert_eq!(bss.dropbox_writes(), ["create", "skus/modify"]);
    bss.done(UPDATE, &known(STANDARD, 7, with(&[HISTORY]))).await;
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 4), (HISTORY_STANDARD, 7)]);
    // Without `Addons`, the add-ons are kept.
    bss.done(UPDATE, &known(STANDARD, 9, json!({"Addons": null}))).await;
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 6), (HISTORY_STANDARD, 9)]);
    bss.done(UPDATE, &known(STANDARD, 4, with(&[HISTORY]))).await;
    bss.assert_team_will_have(
        &[(STANDARD, 1), (STANDARD_LICENCE, 6), (HISTORY_STANDARD, 9)],
        &[(STANDARD, 1), (STANDARD_LICENCE, 1), (HISTORY_STANDARD, 4)],
    );
}

#[tokio::test]
async fn the_quantity_of_an_add_on_does_not_matter() {
    let bss = Bss::with_team(ADVANCED, 5, json!({})).await;
    let mut body = known(ADVANCED, 5, acting("Provision", &[HISTORY, PACK]));
    body["Addons"][0]["Quantity"] = json!(2);
    body["Addons"][1]["Quantity"] = json!(4);
    assert_eq!(bss.done(ADD, &body).await, addon_id(PACK));
    bss.assert_team_has(&[(ADVANCED, 1), (ADVANCED_LICENCE, 2), (HISTORY_ADVANCED, 5), (PACK_ADVANCED, 1)]);
    assert_eq!(bss.done(CHANGE, &known(ADVANCED, 5, acting("Upgrade", &[HISTORY, PACK]))).await, addon_id(PACK));
    assert_eq!(bss.dropbox_writes(), ["create", "skus/modify"]);
}

#[tokio::test]
async fn add_ons_can_be_in_the_first_order() {
    let bss = Bss::with_dropbox_account().await;
    let body = order(ADVANCED, 4, acting("Provision", &[HISTORY, PACK]));
    assert_eq!(bss.done(CREATE, &body).await, SUBSCRIPTION);
    bss.assert_team_has(&[(ADVANCED, 1), (ADVANCED_LICENCE, 1), (HISTORY_ADVANCED, 4), (PACK_ADVANCED, 1)]);
}

#[tokio::test]
async fn a_storage_pack_is_for_advanced_only() {
    for (plan, seats, name) in
        [(STANDARD, 3, "Dropbox Standard"), (BUSINESS, 3, "Dropbox Business"), (EDUCATION, 300, "Dropbox Education")]
    {
        let bss = Bss::with_team(plan, seats, json!({})).await;
        let add = known(plan, seats, acting("Provision", &[PACK]));
        bss.assert_rejected(ErrorCode::AddonInvalid, ADD, &add, &["Storage pack 10 TB", name]).await;
        assert_eq!(bss.dropbox_writes(), ["create"]);
    }
}

#[tokio::test]
async fn a_second_storage_pack_is_rejected_until_the_first_has_ended() {
    let bss = Bss::with_team(ADVANCED, 3, with(&[PACK])).await;
    let both = ["Storage pack 10 TB", "Storage pack 50 TB"];
    let second = known(ADVANCED, 3, acting("Provision", &[PACK, LARGE_PACK]));
    bss.assert_rejected(ErrorCode::AddonInvalid, ADD, &second, &both).await;
    let swap = known(ADVANCED, 3, acting("Provision", &[LARGE_PACK]));
    bss.assert_rejected(ErrorCode::AddonInvalid, ADD, &swap, &both).await;

    assert_eq!(bss.done(REMOVE, &known(ADVANCED, 3, acting("Cancel", &[PACK]))).await, addon_id(PACK));
    bss.assert_team_will_have(&[(ADVANCED, 1), (PACK_ADVANCED, 1)], &[(ADVANCED, 1)]);
    let ends = bss.team()["end_date"].as_str().unwrap().to_owned();
    let message = bss.assert_rejected(ErrorCode::AddonInvalid, ADD, &swap, &both).await;
    assert!(message.contains(&ends), "{message}");

    bss.stack.clock.advance(days(366));
    assert_eq!(bss.done(ADD, &swap).await, addon_id(LARGE_PACK));
    bss.assert_team_has(&[(ADVANCED, 1), ("TEAMADD-50TBAD1Y", 1)]);
}

#[tokio::test]
async fn add_ons_that_exclude_each_other_are_rejected() {
    let both = ["Extended Version History", "Data Governance"];
    let bss = Bss::with_dropbox_account().await;
    bss.assert_rejected(ErrorCode::AddonInvalid, CREATE, &order(STANDARD, 3, with(&[HISTORY, GOVERNANCE])), &both)
        .await;
    bss.done(CREATE, &order(STANDARD, 3, with(&[GOVERNANCE]))).await;
    let second = known(STANDARD, 3, acting("Provision", &[GOVERNANCE, HISTORY]));
    bss.assert_rejected(ErrorCode::AddonInvalid, ADD, &second, &both).await;
    bss.done(REMOVE, &known(STANDARD, 3, acting("Cancel", &[GOVERNANCE]))).await;
    bss.assert_rejected(ErrorCode::AddonInvalid, ADD, &known(STANDARD, 3, acting("Provision", &[HISTORY])), &both)
        .await;
    // A storage pack can be combined with either.
    let bss = Bss::with_team(ADVANCED, 3, with(&[GOVERNANCE])).await;
    bss.done(ADD, &known(ADVANCED, 3, acting("Provision", &[GOVERNANCE, PACK]))).await;
}

#[tokio::test]
async fn a_removed_add_on_remains_until_the_renewal_and_can_be_ordered_again() {
    let bss = Bss::with_team(STANDARD, 3, with(&[HISTORY])).await;
    let remove = known(STANDARD, 3, acting("Cancel", &[HISTORY]));
    let first = bss.answer(REMOVE, &remove).await;
    assert_eq!(first, provisioned(&addon_id(HISTORY)));
    let (now, then) = ([(STANDARD, 1), (HISTORY_STANDARD, 3)], [(STANDARD, 1)]);
    bss.assert_team_will_have(&now, &then);
    let after = bss.at_dropbox();
    assert_eq!(bss.answer(REMOVE, &remove).await, first);
    assert_eq!(bss.at_dropbox(), after);
    bss.done(ADD, &known(STANDARD, 3, acting("Provision", &[HISTORY]))).await;
    bss.assert_team_has(&now);
    bss.done(REMOVE, &remove).await;
    bss.stack.clock.advance(days(366));
    bss.assert_team_has(&then);
}

#[tokio::test]
async fn an_add_on_outside_the_catalogue_is_rejected() {
    let bss = Bss::with_team(ADVANCED, 3, json!({})).await;
    for (path, code) in [(ADD, "teleport"), (CHANGE, "TEAMADD-10TBAD1Y")] {
        bss.assert_rejected(ErrorCode::AddonInvalid, path, &known(ADVANCED, 3, acting("Provision", &[code])), &[code])
            .await;
    }
    bss.assert_rejected(ErrorCode::AddonInvalid, UPDATE, &known(ADVANCED, 3, with(&["teleport"])), &["teleport"]).await;
    assert_eq!(bss.dropbox_writes(), ["create"]);
}

#[tokio::test]
async fn an_add_on_requires_its_subscription_except_for_removal() {
    let bss = Bss::with_dropbox_account().await;
    let add = order(STANDARD, 3, acting("Provision", &[HISTORY]));
    bss.assert_rejected(ErrorCode::SubscriptionUnknown, ADD, &add, &["S1"]).await;
    bss.done(REMOVE, &order(STANDARD, 3, acting("Cancel", &[HISTORY]))).await;
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn an_add_on_is_identified_by_its_attribute() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let own = json!({"Addons": [{
        "ProductID": "77", "Quantity": 1, "ActionType": "Provision", "AttributeList": {HISTORY: {"Value": "true"}},
    }]});
    assert_eq!(bss.done(ADD, &known(STANDARD, 3, own)).await, addon_id("77"));
    bss.assert_team_has(&[(STANDARD, 1), (HISTORY_STANDARD, 3)]);
    let remove = known(STANDARD, 3, json!({"ID": addon_id("77"), "Addons": null}));
    assert_eq!(bss.done(REMOVE, &remove).await, addon_id("77"));
    bss.assert_team_will_have(&[(STANDARD, 1), (HISTORY_STANDARD, 3)], &[(STANDARD, 1)]);
}
