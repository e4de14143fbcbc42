//! Role x endpoint: each endpoint of the portal, with each role.

use std::fmt::Write;

use reqwest::Method;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::domain::role::Role;
use service_manager::endpoints::portal::PORTAL_ENDPOINTS;
use service_manager::endpoints::{Access, Endpoint};

use crate::portal::msp::{Msp, assert_refused};

/// Endpoints of an owner only. They stand here a second time, so that a slip in an endpoint is found.
const OWNER: [&str; 8] = [
    "settings/credentials",
    "settings/save",
    "usagekey/create",
    "usagekey/revoke",
    "identity/save",
    "people/save",
    "people/delete",
    // The last one, because it ends the sessions of people.
    "identity/delete",
];

/// Endpoints of billing besides an owner.
const BILLING: [&str; 16] = [
    "plans/create",
    "plans/update",
    "plans/deactivate",
    "organizations/create",
    "organizations/update",
    "organizations/suspend",
    "organizations/activate",
    "organizations/unsubscribe",
    "links/create",
    "links/delete",
    "links/bulk",
    "additions/retry",
    "audit/run",
    "audit/apply",
    "audit/dismiss",
    "audit/settings",
];

/// Endpoints of support besides an owner.
const SUPPORT: [&str; 8] = [
    "organizations/impersonate",
    "organizations/invite",
    "ticketfields/save",
    "ticketfields/delete",
    "ticketrules/save",
    "snoozes/save",
    "snoozes/delete",
    "tickets/retry",
];

/// Endpoints of everyone that are no `GET`.
const EVERYONE: [&str; 1] = ["session/delete"];

/// Returns the roles that may call an endpoint.
fn expected(path: &str, endpoint: &Endpoint) -> Vec<Role> {
    if OWNER.contains(&path) {
        vec![Role::Owner]
    } else if BILLING.contains(&path) {
        vec![Role::Owner, Role::Billing]
    } else if SUPPORT.contains(&path) {
        vec![Role::Owner, Role::Support]
    } else {
        assert!(endpoint.method == Method::GET || EVERYONE.contains(&path), "{path} is in no list");
        Role::ALL.to_vec()
    }
}

#[tokio::test]
async fn each_role_calls_its_endpoints_and_no_others() {
    let msp = Msp::set_up().await;
    let mut counts = Role::ALL.map(|role| (role, 0_usize, 0_usize));
    let mut without_session = 0;
    let mut table =
        format!("| endpoint | {} |\n| --- | --- | --- | --- | --- |\n", Role::ALL.map(Role::name).join(" | "));
    for endpoint in PORTAL_ENDPOINTS {
        let path = endpoint.path.strip_prefix("portal/").unwrap();
        if !matches!(endpoint.access, Access::MspSession(..)) {
            without_session += 1;
            writeln!(table, "| {path} | {} |", Role::ALL.map(|_| "no session").join(" | ")).unwrap();
            continue;
        }
        let roles = expected(path, endpoint);
        let mut cells = Vec::new();
        for (role, allowed, refused) in &mut counts {
            // A new session each time: one of the endpoints ends it.
            let person = msp.person(role.name(), *role).await;
            // Some of them answer CSV.
            let response = person.request(endpoint.method.clone(), path, "{}".to_owned()).await;
            let (status, text) = (response.status().as_u16(), response.text().await.unwrap());
            let answer: (u16, Value) = (status, serde_json::from_str(&text).unwrap_or_default());
            if roles.contains(role) {
                assert_ne!(answer.1["code"], ErrorCode::RoleTooLow.number(), "{path} {role}: {answer:?}");
                assert_ne!(answer.0, 401, "{path} {role}: {answer:?}");
                *allowed += 1;
                cells.push("allowed");
            } else {
                assert_refused(ErrorCode::RoleTooLow, &answer);
                let message = answer.1["message"].as_str().unwrap();
                assert!(roles.iter().all(|able| message.contains(able.name())), "{path} {role}: {message}");
                *refused += 1;
                cells.push("refused");
            }
        }
        writeln!(table, "| {path} | {} |", cells.join(" | ")).unwrap();
    }
    let sums = counts.map(|(_, allowed, refused)| format!("{allowed} allowed, {refused} refused")).join(" | ");
    let with_session = PORTAL_ENDPOINTS.len() - without_session;
    writeln!(table, "| {with_session} with a session, {without_session} without | {sums} |").unwrap();
    println!("{table}");
    assert!(counts.iter().all(|(_, allowed, refused)| allowed + refused == with_session), "{counts:?}");
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn a_changed_role_and_a_removal_apply_at_once() {
    let msp = Msp::set_up().await;
    let zoe = msp.person("zoe", Role::Support).await;
    let session = zoe.get("session/get").await;
    assert_eq!((&session["person"], &session["role"]), (&json!("zoe@msp.example"), &json!("support")));
    zoe.done("ticketrules/save", &json!({})).await;
    msp.person("zoe", Role::ReadOnly).await;
    zoe.refused(ErrorCode::RoleTooLow, "ticketrules/save", &json!({})).await;
    zoe.get("ticketrules/get").await;
    let tokens = msp.get("session/get").await;
    assert_eq!((&tokens["person"], &tokens["role"]), (&json!(null), &json!("owner")), "the tokens stay the owner's");
    let other = msp.other().await;
    assert_eq!(other.person("zoe", Role::Owner).await.get("session/get").await["role"], "owner");
    assert_eq!(zoe.get("session/get").await["role"], "readOnly", "a person of another MSP is another person");
}
