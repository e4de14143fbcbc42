//! A team that Dropbox denies is not gone until that is proved.

use sandbox::dropbox::PARTNERS;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::provisioning::recovery::Report;

use super::demo::{CANCEL, CREATE, STANDARD, SUBSCRIPTION, TEAM, known, not_found, order};
use crate::client::{Bss, merged};

fn active(bss: &Bss) -> bool {
    bss.team()["active"].as_bool().unwrap()
}

/// The fault that Dropbox denies the team once.
fn denied() -> Value {
    merged(not_found(), json!({"times": 1}))
}

#[tokio::test]
async fn an_absence_that_was_proved_wrongly_is_mended_by_the_recovery() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let empty = json!({"path": "/resellers/team/list2", "times": 1, "status": 200, "body": []});
    bss.dropbox_faults(json!([denied(), empty]));
    assert_eq!(bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await, SUBSCRIPTION);
    assert!(active(&bss));
    assert_eq!(bss.recover().await, Report { recovered: 1, stuck: 0 });
    assert!(!active(&bss));
    assert_eq!(bss.recover().await, Report::default());
}

#[tokio::test]
async fn another_distributor_or_one_denial_ends_and_creates_nothing() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let other = bss.of_distributor(PARTNERS[1]);
    let (_, answer) = other.post(CANCEL, &known(STANDARD, 3, json!({}))).await;
    assert!(answer["Code"].as_i64().unwrap() < 0, "{answer}");
    assert!(active(&bss));
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    let (_, answer) = other.post(CANCEL, &known(STANDARD, 3, json!({}))).await;
    assert!(answer["Code"].as_i64().unwrap() < 0, "a repetition reads Dropbox too: {answer}");
    bss.dropbox_faults(json!([denied()]));
    let next = order(STANDARD, 3, json!({"SubscriptionID": "S2"}));
    bss.refused(ErrorCode::MissingAtVendor, CREATE, &next).await;
    assert_eq!(bss.teams().len(), 1);
    bss.done(CREATE, &next).await;
    assert_eq!((bss.teams().len(), active(&bss)), (1, true), "the team is reinstated");
}

#[tokio::test]
async fn a_repeated_cancellation_ends_a_team_that_was_reinstated_at_dropbox() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    let [partner, _] = &PARTNERS;
    let skus = json!([{"sku_id": STANDARD, "quantity": 1}]);
    bss.as_distributor(partner, "reinstate", &json!({"id": TEAM, "skus": skus, "reseller_ids": ["R-2001"]})).await;
    assert!(active(&bss));
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    assert!(!active(&bss));
}

#[tokio::test]
async fn a_cancellation_of_a_team_that_dropbox_denies_and_lists_is_no_success() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.dropbox_faults(json!([not_found()]));
    let message = bss.refused(ErrorCode::MissingAtVendor, CANCEL, &known(STANDARD, 3, json!({}))).await;
    assert!(message.contains("Reseller ID"), "{message}");
    assert!(active(&bss));
}
