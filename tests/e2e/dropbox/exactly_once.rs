//! One order creates one team, also with lost responses, calls in between, and concurrent calls.

use futures::future::join_all;
use jiff::SignedDuration;
use sandbox::dropbox::PARTNERS;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use super::demo::{
    CANCEL, CREATE, STANDARD, STANDARD_LICENCE, SUBSCRIPTION, SYNCHRONIZE, TEAM, UPDATE, account, known, order,
    other_account, other_order,
};
use crate::client::{Bss, provisioned};

/// Fault rules: the response of the first create is lost, and the read after it fails.
fn lost() -> Value {
    json!([
        {"path": "/resellers/team/create", "times": 1, "drop": "after"},
        {"path": "/resellers/team/list2", "after": 1, "status": 200, "body": "no JSON"},
        {"path": "/resellers/team/get", "status": 200, "body": "no JSON"},
    ])
}

/// Starts a stack with an unfinished order. The vendor would accept a second team.
async fn left_behind() -> Bss {
    let bss = Bss::with_dropbox_account().await;
    bss.stack.dropbox.tolerate_duplicates();
    bss.dropbox_faults(lost());
    let message = bss.refused(ErrorCode::OutcomeUnknown, CREATE, &order(STANDARD, 3, json!({}))).await;
    assert!(message.contains("Try again: the outcome is looked up"), "{message}");
    bss.dropbox_faults(json!([]));
    assert_eq!(bss.teams().len(), 1);
    bss
}

#[tokio::test]
async fn a_lost_response_is_resolved_at_once_if_the_vendor_can_be_read() {
    for fault in [
        json!({"drop": "after"}),
        json!({"status": 502, "act": true}),
        json!({"status": 200, "body": "no JSON", "act": true}),
    ] {
        let bss = Bss::with_dropbox_account().await;
        bss.stack.dropbox.tolerate_duplicates();
        let mut rule = fault;
        rule["path"] = json!("/resellers/team/create");
        rule["times"] = json!(1);
        bss.dropbox_faults(json!([rule]));
        assert_eq!(bss.answer(CREATE, &order(STANDARD, 3, json!({}))).await, provisioned(SUBSCRIPTION));
        assert_eq!(bss.team()["id"], TEAM);
        assert_eq!(bss.dropbox_writes(), ["create"]);
    }
}

#[tokio::test]
async fn a_lost_response_is_resolved_by_one_retry() {
    let bss = left_behind().await;
    assert_eq!(bss.answer(CREATE, &order(STANDARD, 3, json!({}))).await, provisioned(SUBSCRIPTION));
    assert_eq!(bss.team()["id"], TEAM);
    assert_eq!(bss.dropbox_writes(), ["create"]);
    // The team belongs to the subscription.
    bss.done(UPDATE, &known(STANDARD, 4, json!({}))).await;
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 1)]);
}

#[tokio::test]
async fn a_retry_with_other_licences_uses_the_same_team() {
    let bss = left_behind().await;
    assert_eq!(bss.done(CREATE, &order(STANDARD, 5, json!({}))).await, SUBSCRIPTION);
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 2)]);
    assert_eq!(bss.dropbox_writes(), ["create", "skus/modify"]);
}

#[tokio::test]
async fn a_synchronization_in_between_keeps_the_lost_order() {
    let bss = left_behind().await;
    let renamed = account(json!({
        "ExternalID": "dropbox-1001", "Name": "Contoso Two", "SyncOptions": {"email": "two@contoso.example"},
        "Address": {"Country": {"Code": "FR"}},
    }));
    assert_eq!(bss.done(SYNCHRONIZE, &renamed).await, "dropbox-1001");
    assert_eq!(bss.done(CREATE, &order(STANDARD, 3, json!({}))).await, SUBSCRIPTION);
    assert_eq!((bss.team()["id"].clone(), bss.team()["name"].clone()), (json!(TEAM), json!("Contoso")));
    assert_eq!(bss.dropbox_writes(), ["create"]);
}

#[tokio::test]
async fn the_address_of_a_lost_order_remains_the_accounts() {
    let bss = left_behind().await;
    bss.done(CREATE, &order(STANDARD, 3, json!({}))).await;
    let twin = other_account(json!({"SyncOptions": {"email": "it@contoso.example"}}));
    bss.done(SYNCHRONIZE, &twin).await;
    bss.assert_rejected(ErrorCode::EmailInUse, CREATE, &other_order(json!({})), &["1001"]).await;
}

#[tokio::test]
async fn a_cancellation_ends_the_team_of_a_lost_order() {
    let bss = left_behind().await;
    bss.done(CANCEL, &order(STANDARD, 3, json!({}))).await;
    assert_eq!(bss.team()["active"], false);
    assert_eq!(bss.dropbox_writes(), ["create", "cancel"]);
    let after = bss.at_dropbox();
    bss.done(CANCEL, &order(STANDARD, 3, json!({}))).await;
    assert_eq!(bss.at_dropbox(), after);
    bss.done("accounts/delete", &account(json!({}))).await;
}

#[tokio::test]
async fn the_account_of_a_lost_order_is_not_deleted() {
    let bss = left_behind().await;
    let message = bss.refused(ErrorCode::SubscriptionLive, "accounts/delete", &account(json!({}))).await;
    assert!(message.contains("S1"), "{message}");
}

#[tokio::test]
async fn another_order_is_rejected_while_one_is_unconfirmed() {
    let bss = left_behind().await;
    bss.assert_rejected(
        ErrorCode::SubscriptionExists,
        CREATE,
        &order(STANDARD, 3, json!({"SubscriptionID": "S2"})),
        &["S1"],
    )
    .await;
}

#[tokio::test]
async fn a_lost_create_is_sent_again_by_the_retry_only() {
    let bss = Bss::with_dropbox_account().await;
    bss.dropbox_faults(json!([{"path": "/resellers/team/create", "times": 1, "drop": "before"}]));
    bss.refused(ErrorCode::OutcomeUnknown, CREATE, &order(STANDARD, 3, json!({}))).await;
    assert_eq!(bss.dropbox_writes(), ["create"]);
    assert_eq!(bss.teams(), [Value::Null; 0]);
    assert_eq!(bss.done(CREATE, &order(STANDARD, 3, json!({}))).await, SUBSCRIPTION);
    assert_eq!(bss.team()["id"], TEAM);
}

#[tokio::test]
async fn a_pre_existing_equal_team_is_never_adopted() {
    for arrives in ["before", "after"] {
        let bss = Bss::with_dropbox_account().await;
        let [demo, _] = PARTNERS;
        let namesake = bss.foreign_team(&demo, "Contoso", "sales@contoso.example").await;
        let theirs = bss.teams();
        bss.dropbox_faults(json!([{"path": "/resellers/team/create", "times": 1, "drop": arrives}]));
        let mut answer = bss.answer(CREATE, &order(STANDARD, 3, json!({}))).await;
        if arrives == "before" {
            assert_eq!(answer["Code"], ErrorCode::OutcomeUnknown.number());
            assert_eq!(bss.teams(), theirs);
            answer = bss.answer(CREATE, &order(STANDARD, 3, json!({}))).await;
        }
        assert_eq!(answer, provisioned(&SUBSCRIPTION.replace("01.", "02.")), "{arrives}");
        let teams = bss.teams();
        assert_eq!(
            (teams.len(), &teams[0]["id"], &teams[1]["invite_admin"]),
            (2, &json!(namesake), &json!("it@contoso.example"))
        );
        bss.done(CANCEL, &order(STANDARD, 3, json!({}))).await;
        assert_eq!(bss.teams()[0], theirs[0], "the other client's team");
    }
}

#[tokio::test]
async fn an_equal_team_is_not_adopted_when_the_order_is_rejected() {
    let bss = Bss::with_dropbox_account().await;
    let [demo, _] = PARTNERS;
    bss.foreign_team(&demo, "Contoso", "it@contoso.example").await;
    let theirs = bss.teams();
    for _ in 0..2 {
        bss.refused(ErrorCode::EmailInUse, CREATE, &order(STANDARD, 3, json!({}))).await;
        assert_eq!(bss.teams(), theirs);
    }
    bss.done(CANCEL, &order(STANDARD, 3, json!({}))).await;
    assert_eq!(bss.teams(), theirs, "a foreign team is not cancelled");
}

#[tokio::test]
async fn two_equal_teams_are_ambiguous() {
    let bss = left_behind().await;
    // Another client creates an equal team before the retry.
    let [demo, _] = PARTNERS;
    let twin = bss.foreign_team(&demo, "Contoso", "twin@contoso.example").await;
    let before = bss.teams();
    let message = bss.refused(ErrorCode::Ambiguous, CREATE, &order(STANDARD, 3, json!({}))).await;
    assert!(message.contains(&twin) && message.contains(TEAM), "{message}");
    assert_eq!(bss.teams(), before);
}

#[tokio::test]
async fn an_equal_team_of_another_account_is_not_adopted() {
    let bss = left_behind().await;
    bss.done(SYNCHRONIZE, &other_account(json!({"Name": "Contoso"}))).await;
    bss.done(CREATE, &other_order(json!({}))).await;
    assert_eq!(bss.done(CREATE, &order(STANDARD, 3, json!({}))).await, SUBSCRIPTION);
    assert_eq!(bss.teams().len(), 2);
    assert_eq!(bss.dropbox_writes(), ["create", "create"]);
}

#[tokio::test]
async fn two_lost_orders_with_equal_teams_find_their_own() {
    let bss = left_behind().await;
    bss.done(SYNCHRONIZE, &other_account(json!({"Name": "Contoso"}))).await;
    bss.dropbox_faults(lost());
    bss.refused(ErrorCode::OutcomeUnknown, CREATE, &other_order(json!({}))).await;
    bss.dropbox_faults(json!([]));
    let theirs = SUBSCRIPTION.replace("01.S1", "02.S2");
    // The second order knew the first team before its create. After it has found its own, only the first is left.
    assert_eq!(bss.done(CREATE, &other_order(json!({}))).await, theirs);
    assert_eq!(bss.done(CREATE, &order(STANDARD, 3, json!({}))).await, SUBSCRIPTION);
    assert_eq!(bss.teams().len(), 2);
    assert_eq!(bss.dropbox_writes(), ["create", "create"]);
}

#[tokio::test]
async fn a_lost_order_is_checked_without_an_effect() {
    let bss = left_behind().await;
    let (vendor, table) = (bss.at_dropbox(), bss.table().await);
    let check = order(STANDARD, 3, json!({"CheckOnly": true}));
    assert_eq!(bss.answer(CREATE, &check).await["Code"], 0);
    assert_eq!((bss.at_dropbox(), bss.table().await), (vendor, table));
}

/// Sends `copies` of an order at once.
async fn at_once(bss: &Bss, path: &str, body: &Value, copies: usize) -> Vec<Value> {
    join_all((0..copies).map(|_| bss.answer(path, body))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_equal_orders_create_one_team() {
    let bss = Bss::with_dropbox_account().await;
    bss.stack.dropbox.tolerate_duplicates();
    let answers = at_once(&bss, CREATE, &order(STANDARD, 3, json!({})), 32).await;
    assert!(answers.iter().all(|answer| *answer == provisioned(SUBSCRIPTION)), "{answers:?}");
    assert_eq!(bss.team()["id"], TEAM);
    assert_eq!(bss.dropbox_writes(), ["create"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_equal_updates_are_one_change() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let answers = at_once(&bss, UPDATE, &known(STANDARD, 5, json!({})), 32).await;
    assert!(answers.iter().all(|answer| *answer == provisioned(SUBSCRIPTION)), "{answers:?}");
    assert_eq!(bss.dropbox_writes(), ["create", "skus/modify"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_orders_of_one_account_get_one_team() {
    let bss = Bss::with_dropbox_account().await;
    bss.stack.dropbox.tolerate_duplicates();
    let orders = ["S1", "S2"].map(|id| order(STANDARD, 3, json!({"SubscriptionID": id})));
    let answers = join_all(orders.iter().map(|order| bss.answer(CREATE, order))).await;
    let mut codes: Vec<_> = answers.iter().map(|answer| answer["Code"].as_i64().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [i64::from(ErrorCode::SubscriptionExists.number()), 0], "{answers:?}");
    assert_eq!(bss.team()["id"], TEAM);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_with_one_address_get_one_team() {
    let bss = Bss::with_dropbox_account().await;
    bss.done(SYNCHRONIZE, &other_account(json!({"SyncOptions": {"email": "it@contoso.example"}}))).await;
    let orders = [order(STANDARD, 3, json!({})), other_order(json!({}))];
    let answers = join_all(orders.iter().map(|order| bss.answer(CREATE, order))).await;
    let mut codes: Vec<_> = answers.iter().map(|answer| answer["Code"].as_i64().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [i64::from(ErrorCode::EmailInUse.number()), 0], "{answers:?}");
    assert_eq!(bss.teams().len(), 1);
}

#[tokio::test]
async fn a_cancellation_waits_for_a_create_in_flight() {
    let bss = Bss::with_dropbox_account().await;
    bss.dropbox_faults(json!([{"path": "/resellers/team/create", "times": 1, "drop": "before"}]));
    bss.answer(CREATE, &order(STANDARD, 3, json!({}))).await;
    let cancel = order(STANDARD, 3, json!({}));
    bss.refused(ErrorCode::OutcomeUnknown, CANCEL, &cancel).await;
    bss.stack.clock.advance(SignedDuration::from_mins(16));
    bss.done(CANCEL, &cancel).await;
    assert_eq!(bss.teams(), Vec::<Value>::new());
    bss.done("accounts/delete", &account(json!({"ExternalID": "dropbox-1001"}))).await;
}

#[tokio::test]
async fn a_team_that_was_found_is_kept_when_its_next_change_is_rejected() {
    let bss = Bss::with_dropbox_account().await;
    bss.dropbox_faults(json!([
        {"path": "/resellers/team/create", "times": 1, "drop": "after"},
        {"path": "/resellers/team/list2", "after": 1, "times": 3, "status": 503},
    ]));
    bss.answer(CREATE, &order(STANDARD, 3, json!({}))).await;
    bss.dropbox_faults(json!([{"path": "/resellers/team/skus/modify", "status": 403}]));
    bss.refused(ErrorCode::CredentialsRefused, CREATE, &order(STANDARD, 5, json!({}))).await;
    bss.dropbox_faults(json!([]));
    bss.done(CREATE, &order(STANDARD, 5, json!({}))).await;
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 2)]);
}

#[tokio::test]
async fn one_list_does_not_prove_that_a_lost_create_never_arrived() {
    let absent = json!([{"path": "/resellers/team/list2", "times": 1, "status": 200, "body": []}]);
    let bss = left_behind().await;
    bss.dropbox_faults(absent.clone());
    assert_eq!(bss.done(CREATE, &order(STANDARD, 3, json!({}))).await, SUBSCRIPTION);
    assert_eq!((bss.team()["id"].clone(), bss.dropbox_writes()), (json!(TEAM), vec!["create".to_owned()]));

    let bss = left_behind().await;
    bss.dropbox_faults(absent);
    bss.refused(ErrorCode::OutcomeUnknown, CANCEL, &order(STANDARD, 3, json!({}))).await;
    bss.done(CANCEL, &order(STANDARD, 3, json!({}))).await;
    assert!(bss.team()["cancelled_at"].is_string() || bss.team()["active"] == false, "{}", bss.team());
}
