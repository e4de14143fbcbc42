//! `team/create`.

use serde_json::{Value, json};

use super::{Vendor, acme, skus, time, trial, with};

#[tokio::test]
async fn a_new_team_has_the_whole_row() {
    let vendor = Vendor::start().await;
    let body = acme(1, skus(&[("TEAM-AD3LVE1Y", 1), ("TEAMLIC-ADVE1Y", 4), ("TEAMADD-10TBAD1Y", 1)]));
    let row = vendor.done("create", body.clone()).await;
    let ends = row["end_datetime"].as_str().unwrap();
    let state = json!({
        "skus": body["skus"], "num_licensed_users": 7, "space_quota": 25_u64 << 40, "is_trial": false
    });
    let expected = json!({
        "id": "dbtid:AAH00000000000000000000000000000001", "name": "Acme 1", "active": true, "auto_renew": true,
        "country_code": "DE", "data_residency": "EU", "reseller_ids": ["D-1000", "R-2001"],
        "end_date": ends[..10], "end_datetime": ends, "num_licensed_users": 7, "sku_id": "TEAM-AD3LVE1Y",
        "usage": { "num_provisioned_users": 1, "space_quota_used": 0 },
        "current_state": state, "renewal_state": state
    });
    assert_eq!(row, expected);
    assert_eq!(ends.len(), "2026-01-01T00:00:00Z".len(), "{ends}");
    assert_eq!(vendor.shown(&row).await, expected);

    let state = vendor.sandbox.state_json();
    let length = time(&row["end_datetime"]).duration_since(time(&state["teams"][0]["term_started"]));
    assert_eq!(state["teams"][0]["invite_admin"], "admin1@acme.example");
    assert_eq!(state["teams"][0]["cancelled_at"], Value::Null);
    assert!([365 * 24, 366 * 24].contains(&length.as_hours()), "{length}");
}

#[tokio::test]
async fn a_month_is_28_to_31_days() {
    let vendor = Vendor::start().await;
    let row = vendor.created(1, skus(&[("TEAM-ST3L5TVD1M", 1)])).await;
    let state = vendor.sandbox.state_json();
    let hours = time(&row["end_datetime"]).duration_since(time(&state["teams"][0]["term_started"])).as_hours();
    assert!((28 * 24..=31 * 24).contains(&hours), "{hours}");
    assert_eq!(row["num_licensed_users"], 3);
}

#[tokio::test]
async fn invalid_members_are_rejected() {
    let vendor = Vendor::start().await;
    let body = || acme(1, skus(&[("TEAM-ST3L5TVD1Y", 1)]));
    for (name, value, tag) in [
        ("name", json!(""), "name_invalid"),
        ("name", json!("  "), "name_invalid"),
        ("name", json!("ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ"), "name_invalid"),
        ("country_code", json!("de"), "country_code_invalid"),
        ("country_code", json!("DEU"), "country_code_invalid"),
        ("invite_admin", json!("acme.example"), "email_invalid"),
        ("invite_admin", json!("a b@acme.example"), "email_invalid"),
        ("invite_admin", json!("a@localhost"), "email_invalid"),
    ] {
        assert_eq!(vendor.tag("create", with(body(), name, value.clone())).await, tag, "{value}");
    }
    vendor.done("create", with(body(), "name", json!("ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ"))).await;
}

#[tokio::test]
async fn skus_must_be_a_valid_combination() {
    let vendor = Vendor::start().await;
    for wrong in [
        &[][..],
        &[("TEAM-NONE", 1)],
        &[("TEAMLIC-ST5TVD1Y", 1)],
        &[("TEAM-ST3L5TVD1Y", 2)],
        &[("TEAM-ST3L5TVD1Y", 0)],
        &[("TEAM-ST3L5TVD1Y", 1), ("TEAM-ST3L5TVD1Y", 1)],
        &[("TEAM-ST3L5TVD1Y", 1), ("TEAM-AD3LVE1Y", 1)],
        &[("TEAM-ST3L5TVD1Y", 1), ("TEAMLIC-ST5TVD1Y", 0)],
        &[("TEAM-ST3L5TVD1Y", 1), ("TEAMLIC-ST5TVD1Y", 1), ("TEAMLIC-ST5TVD1Y", 1)],
        &[("TEAM-ST3L5TVD1Y", 1), ("TEAMLIC-ST5TVD1Y", u32::MAX)],
        &[("TEAM-ST3L5TVD1Y", 1), ("TEAMLIC-ST5TVD1M", 1)],
        &[("TEAM-ST3L5TVD1Y", 1), ("TEAMLIC-ADVE1Y", 1)],
        &[("TEAM-ST3L5TVD1Y", 1), ("TEAMADD-EVHAD1Y", 3)],
        &[("TEAM-ST3L5TVD1Y", 1), ("TEAMADD-EVHST1M", 3)],
        &[("TEAM-ST3L5TVD1Y", 1), ("TEAMADD-EVHST1Y", 1)],
        &[("TEAM-ST3L5TVD1Y", 1), ("TEAMLIC-ST5TVD1Y", 2), ("TEAMADD-EVHST1Y", 2)],
        &[("TEAM-ST3L5TVD1Y", 1), ("TEAMADD-EVHST1Y", 3), ("TEAMADD-DGST1Y", 3)],
        &[("TEAM-AD3LVE1Y", 1), ("TEAMADD-10TBAD1Y", 3)],
        &[("TEAM-AD3LVE1Y", 1), ("TEAMADD-10TBAD1Y", 1), ("TEAMADD-50TBAD1Y", 1)],
    ] {
        assert_eq!(vendor.tag("create", acme(1, skus(wrong))).await, "skus_invalid", "{wrong:?}");
    }
    for (number, right, users) in [
        (1, &[("TEAMLIC-ST5TVD1Y", 2), ("TEAM-ST3L5TVD1Y", 1), ("TEAMADD-EVHST1Y", 5)][..], 5),
        (2, &[("TEAM-AD3LVEAC1M", 1), ("TEAMADD-DGADAC1M", 3), ("TEAMADD-50TBADAC1M", 1)], 3),
        (3, &[("EDU-300L1Y", 1), ("EDULIC-1Y", 20), ("EDUADD-DG1Y", 320)], 320),
    ] {
        assert_eq!(vendor.created(number, skus(right)).await["num_licensed_users"], users);
    }
}

#[tokio::test]
async fn trials_have_only_the_base_and_exclude_annual_billed_monthly() {
    let vendor = Vendor::start().await;
    let more = skus(&[("TEAM-ST3L5TVD1Y", 1), ("TEAMLIC-ST5TVD1Y", 1)]);
    assert_eq!(vendor.tag("create", with(trial(1, ""), "skus", more)).await, "trial_not_allowed");
    assert_eq!(vendor.tag("create", trial(1, "TEAM-ST3L5TVDAC1M")).await, "trial_not_allowed");
    let team = vendor.done("create", trial(1, "TEAM-ST3L5TVD1Y")).await;
    assert_eq!((&team["auto_renew"], &team["current_state"]["is_trial"]), (&json!(false), &json!(true)));
    let state = vendor.sandbox.state_json();
    let length = time(&team["end_datetime"]).duration_since(time(&state["teams"][0]["term_started"]));
    assert_eq!(length.as_hours(), 30 * 24);
}
