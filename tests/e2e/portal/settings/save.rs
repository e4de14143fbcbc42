//! `POST portal/settings/save`

use futures::future::join;
use sandbox::connectwise::Settings;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::{CREDENTIALS, Msp, SAVE, choices, credentials, secrets};

async fn proved() -> Msp {
    let msp = Msp::signed_in().await;
    msp.done(CREDENTIALS, &credentials(json!({}))).await;
    msp
}

fn types(msp: &Msp) -> Vec<Value> {
    msp.held("configurationType").into_iter().filter(|held| held["name"] == "dropsuite_mailbox_actions").collect()
}

fn entries(msp: &Msp) -> Vec<Value> {
    msp.held("menuEntry").into_iter().filter(|held| held["caption"] == "Dropsuite Email Backup").collect()
}

fn assert_one_of_each(msp: &Msp) {
    let (types, entries) = (types(msp), entries(msp));
    assert_eq!((types.len(), entries.len()), (1, 1), "{types:?} {entries:?}");
}

#[tokio::test]
async fn puts_the_settings_in_force() {
    let msp = proved().await;
    let saved = msp.done(SAVE, &choices(json!({}))).await;
    assert_one_of_each(&msp);
    let expected = json!({
        "siteUrl": "api-na.myconnectwise.net", "companyIdentifier": "demo", "timeZone": "Eastern Standard Time",
        "board": 1, "newStatus": 11, "closedStatus": 13, "cancelledStatus": 14,
        "configurationType": types(&msp)[0]["id"], "menuEntry": entries(&msp)[0]["id"],
    });
    assert_eq!(saved, expected);
    assert_eq!(msp.get("settings/get").await, expected);
    let entry = &entries(&msp)[0];
    assert_eq!(entry["menuLocation"]["name"], "Service Desk");
    assert_eq!(entry["link"], format!("{}/", msp.bss.stack.dropsuite_url.trim_end_matches("/api")));
    assert_eq!(entry["newWindowFlag"], true);
}

#[tokio::test]
async fn the_keys_are_not_in_the_table() {
    let msp = Msp::set_up().await;
    if let Some(table) = msp.bss.table() {
        let text = table.to_string();
        for secret in secrets() {
            assert!(!text.contains(&secret), "a key in the table");
        }
    }
}

#[tokio::test]
async fn needs_a_way_in() {
    let msp = Msp::signed_in().await;
    msp.refused(ErrorCode::ConnectWiseNotConfigured, SAVE, &choices(json!({}))).await;
}

#[tokio::test]
async fn every_choice_that_does_not_do_is_named() {
    let msp = proved().await;
    for (fault, fields) in [
        (json!({"board": 99}), vec!["board"]),
        (json!({"board": 3}), vec!["board"]),
        (json!({"board": 4}), vec!["board"]),
        (json!({"newStatus": 21}), vec!["newStatus"]),
        (json!({"newStatus": 15}), vec!["newStatus"]),
        (json!({"newStatus": 13}), vec!["newStatus"]),
        (json!({"closedStatus": 12}), vec!["closedStatus"]),
        (json!({"closedStatus": 23}), vec!["closedStatus"]),
        (json!({"cancelledStatus": 15}), vec!["cancelledStatus"]),
        (json!({"cancelledStatus": 99}), vec!["cancelledStatus"]),
        (json!({"board": 2}), vec!["newStatus", "closedStatus", "cancelledStatus"]),
    ] {
        msp.faulty(&fields, SAVE, &choices(fault)).await;
    }
    assert_eq!(msp.writes(), [""; 0]);
    msp.refused_get(ErrorCode::ConnectWiseNotConfigured, "settings/get").await;
}

#[tokio::test]
async fn a_choice_that_is_missing_or_malformed_is_named() {
    let msp = proved().await;
    for (body, named) in [
        (json!({}), "board"),
        (choices(json!({"newStatus": "New"})), "newStatus"),
        (choices(json!({"newstatus": 11})), "newstatus"),
    ] {
        let message = msp.refused(ErrorCode::BadRequest, SAVE, &body).await;
        assert!(message.contains(named), "{message}");
    }
}

#[tokio::test]
async fn a_board_where_cancelled_does_not_close_will_do() {
    let msp = proved().await;
    let second = json!({"board": 2, "newStatus": 21, "closedStatus": 23, "cancelledStatus": 24});
    assert_eq!(msp.done(SAVE, &second).await["cancelledStatus"], 24);
}

#[tokio::test]
async fn saving_again_makes_nothing_again() {
    let msp = Msp::set_up().await;
    let first = msp.get("settings/get").await;
    assert_eq!(msp.done(SAVE, &choices(json!({}))).await, first);
    msp.sets_up().await;
    assert_eq!(msp.get("settings/get").await, first);
    let changed = msp.done(SAVE, &choices(json!({"newStatus": 12}))).await;
    assert_eq!((&changed["newStatus"], &changed["menuEntry"]), (&json!(12), &first["menuEntry"]));
    assert_one_of_each(&msp);
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_twice_at_once_makes_one_of_each() {
    let msp = proved().await;
    let chosen = choices(json!({}));
    let (one, other) = join(msp.post(SAVE, &chosen), msp.post(SAVE, &chosen)).await;
    for (status, answer) in [&one, &other] {
        assert!(*status == 200 || answer["code"] == ErrorCode::InProgress.number(), "{answer}");
    }
    assert!(one.0 == 200 || other.0 == 200, "{one:?} {other:?}");
    msp.done(SAVE, &chosen).await;
    assert_one_of_each(&msp);
}

#[tokio::test]
async fn a_lost_answer_of_a_create_makes_nothing_twice() {
    for path in ["/company/configurations/types", "/system/menuentries"] {
        for cut in ["before", "after"] {
            let msp = proved().await;
            msp.faults(json!([{"method": "POST", "path": path, "times": 1, "drop": cut}]));
            let (status, answer) = msp.post(SAVE, &choices(json!({}))).await;
            assert!(status == 200 || answer["code"] == ErrorCode::OutcomeUnknown.number(), "{answer}");
            assert!(cut == "before" || status == 200, "it was made, and is found: {answer}");
            msp.done(SAVE, &choices(json!({}))).await;
            assert_one_of_each(&msp);
        }
    }
}

#[tokio::test]
async fn saving_again_while_searches_lag_makes_nothing_again() {
    let msp = proved().await;
    let settings = Settings { search_lag_seconds: 60, ..msp.bss.stack.connectwise.settings() };
    msp.bss.stack.connectwise.set_settings(settings);
    let first = msp.done(SAVE, &choices(json!({}))).await;
    assert_eq!(msp.done(SAVE, &choices(json!({}))).await, first);
    assert_one_of_each(&msp);
}

#[tokio::test]
async fn another_connectwise_is_refused_while_this_one_has_what_is_the_msps() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let elsewhere = credentials(json!({"siteUrl": "eu.myconnectwise.net"}));
    let said = msp.faulty(&["siteUrl"], CREDENTIALS, &elsewhere).await;
    assert!(said.contains("demo at api-na.myconnectwise.net"), "{said}");
    msp.faulty(&["companyIdentifier"], CREDENTIALS, &credentials(json!({"companyIdentifier": "other"}))).await;
    msp.done(CREDENTIALS, &credentials(json!({"siteUrl": "https://API-NA.myconnectwise.net/v4_6_release"}))).await;
}
