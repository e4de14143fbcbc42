//! `GET portal/history/list`

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::domain::role::Role;

use crate::client::{BACKUP, known_service, service};
use crate::portal::audit::list::{drifted, finding_of};
use crate::portal::msp::bodies::{BLUE_LIGHT, credentials, link, order, plan, ticket_mapping};
use crate::portal::msp::{CREATE_PLAN, CREDENTIALS, LINK, Msp, ORDER, SAVE, SUSPEND, UNLINK, UPDATE};

/// Returns the entries, the latest first, as `by action object: from > to`.
async fn entries(msp: &Msp, query: &str) -> Vec<String> {
    let page = msp.get(&format!("history/list{query}")).await;
    page["history"].as_array().unwrap().iter().map(in_words).collect()
}

fn in_words(entry: &Value) -> String {
    let text = |name: &str| entry[name].as_str().unwrap_or("-").to_owned();
    format!("{} {} {}: {} > {}", text("by"), text("action"), text("object"), text("from"), text("to"))
}

#[tokio::test]
async fn each_change_in_the_portal_has_one_entry_and_a_replay_none() {
    let msp = Msp::set_up().await;
    let zoe = msp.person("zoe", Role::Owner).await;
    let snooze = json!({"error": "storage", "reason": "Larger plans are ordered", "until": "2031-06-24T00:00:00Z"});
    let fields = json!({"company": BLUE_LIGHT, "priority": 2});
    let rules = json!({"quietHours": {"start": "22:00", "end": "06:00"}});
    let changes = [
        (CREATE_PLAN, plan(json!({}))),
        ("plans/update", json!({"plan": BACKUP, "price": 4})),
        (ORDER, order(json!({}))),
        (UPDATE, json!({"company": BLUE_LIGHT, "seats": 4})),
        (SUSPEND, json!({"company": BLUE_LIGHT})),
        ("ticketfields/save", fields),
        ("ticketrules/save", rules),
        ("snoozes/save", snooze),
        ("snoozes/delete", json!({"error": "storage"})),
        ("audit/settings", json!({"apply": "automatically"})),
        ("plans/deactivate", json!({"plan": BACKUP})),
    ];
    let kinds = changes.len();
    let mut before = entries(&msp, "").await;
    for (path, body) in changes {
        zoe.done(path, &body).await;
        let after = entries(&msp, "").await;
        let new: Vec<_> = after[..after.len() - before.len()].to_vec();
        let of_path = format!("zoe@msp.example {path} ");
        assert!(!new.is_empty() && new.iter().all(|entry| entry.starts_with(&of_path)), "{path}: {new:#?}");
        // A sale makes a subscription and the link that bills it.
        assert_eq!(new.len(), if path == ORDER { 2 } else { 1 }, "{path}: {new:#?}");
        zoe.done(path, &body).await;
        assert_eq!(entries(&msp, "").await, after, "a replay of {path}");
        before = after;
    }
    let has = |entry: &str| assert!(before.iter().any(|found| found == entry), "{entry}: {before:#?}");
    has(&format!("zoe@msp.example plans/update plan {BACKUP}: price: 3.5 > price: 4"));
    has("zoe@msp.example organizations/update subscription 20-1: seats: 3 > seats: 4");
    has("zoe@msp.example organizations/suspend subscription 20-1: state: live > state: suspended");
    has("zoe@msp.example audit/settings audit: ask > automatically");
    has(&format!("zoe@msp.example plans/deactivate plan {BACKUP}: active: true > active: false"));
    let page = msp.get("history/list?action=organizations/update").await;
    let entry = &page["history"][0];
    assert_eq!((&entry["channel"], &entry["company"]), (&json!("portal"), &json!(BLUE_LIGHT)), "{entry}");
    assert!(entry["organization"].is_string(), "{entry}");
    println!("{} entries of {kinds} kinds of change; each replay added none", before.len());
}

#[tokio::test]
async fn other_keys_are_told_and_no_key_is() {
    let msp = Msp::set_up().await;
    let first = entries(&msp, "?action=settings").await;
    assert_eq!(first.len(), 1, "{first:#?}");
    assert!(first[0].starts_with("portal settings/save settings: - > ") && first[0].contains("board: 1"), "{first:#?}");
    msp.done(SAVE, &ticket_mapping(json!({}))).await;
    assert_eq!(entries(&msp, "?action=settings").await, first, "the same again");
    msp.done(CREDENTIALS, &credentials(json!({}))).await;
    msp.done(SAVE, &ticket_mapping(json!({}))).await;
    let page = msp.get("history/list?action=settings").await;
    assert_eq!(page["history"].as_array().unwrap().len(), 2, "{page}");
    assert_eq!(page["history"][0]["reason"], "The keys of ConnectWise were entered again.");
    msp.done("usagekey/create", &json!({})).await;
    msp.done("usagekey/revoke", &json!({})).await;
    let of_key = entries(&msp, "?action=usagekey").await;
    assert_eq!(of_key.len(), 2, "{of_key:#?}");
    assert!(of_key[0].starts_with("portal usagekey/revoke usage key: made ") && of_key[0].ends_with("> -"));
    msp.done("usagekey/revoke", &json!({})).await;
    assert_eq!(entries(&msp, "?action=usagekey").await, of_key, "there is no key to revoke");
}

#[tokio::test]
async fn an_order_of_the_shop_names_its_requester_to_the_msp() {
    let msp = Msp::billing().await;
    let ann =
        json!({"ID": 7, "FirstName": "Ann", "LastName": "Acme", "Email": "ann@acme.example", "Type": "Storefront"});
    msp.bss.done("accounts/synchronize", &crate::client::account(json!({}))).await;
    let create = service(json!({"RequestedBy": ann}));
    let update = known_service(7, json!({"RequestedBy": {"DisplayName": "=Bob", "Type": 0}}));
    for _ in 0..2 {
        msp.bss.done("subscriptions/create", &create).await;
    }
    for _ in 0..2 {
        msp.bss.done("subscriptions/update", &update).await;
        msp.bss.done("subscriptions/suspend", &known_service(7, json!({}))).await;
        msp.bss.done("subscriptions/suspend", &known_service(7, json!({"RequestedBy": "?"}))).await;
        msp.bss.done("subscriptions/activate", &known_service(7, json!({}))).await;
    }
    let of_shop = entries(&msp, "?action=subscriptions").await;
    assert_eq!(
        of_shop,
        [
            "shop subscriptions/activate subscription S1: state: suspended > state: live",
            "shop subscriptions/suspend subscription S1: state: live > state: suspended",
            "shop subscriptions/activate subscription S1: state: suspended > state: live",
            "shop subscriptions/suspend subscription S1: state: live > state: suspended",
            "=Bob, 0 subscriptions/update subscription S1: seats: 5 > seats: 7",
            &format!(
                "Ann Acme <ann@acme.example>, Storefront subscriptions/create subscription S1: - > plan: {BACKUP}, seats: 5, state: live, trial: false"
            ),
        ]
    );
    let page = msp.get("history/list?action=subscriptions/create").await;
    assert_eq!(page["history"][0]["channel"], "shop", "{page}");
    assert_eq!(msp.other().await.get("history/list").await, json!({"history": []}), "another MSP's");
}

#[tokio::test]
async fn a_link_has_an_entry_for_each_change_and_its_end() {
    let msp = Msp::billing().await;
    crate::portal::msp::bodies::sells(&msp.bss).await;
    let made = msp.done(LINK, &link(json!({}))).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.done(LINK, &link(json!({"unitPrice": 2}))).await;
    let end = json!({"application": made["application"], "account": made["account"]});
    for _ in 0..2 {
        msp.done(UNLINK, &end).await;
    }
    let of_links = entries(&msp, "?action=links").await;
    assert_eq!(of_links.len(), 3, "{of_links:#?}");
    assert!(of_links[0].starts_with("portal links/delete link of ") && of_links[0].ends_with("> -"), "{of_links:#?}");
    assert!(of_links[1].ends_with(": - > unitPrice: 2"), "{of_links:#?}");
    assert!(of_links[2].contains(": - > ") && of_links[2].contains("agreement: "), "{of_links:#?}");
}

#[tokio::test]
async fn what_was_done_about_findings_is_kept_once() {
    let msp = drifted().await;
    let page = msp.get("audit/list").await;
    let (alpha, beta) = (finding_of(&page, "Alpha"), finding_of(&page, "Beta"));
    for _ in 0..2 {
        msp.done("audit/dismiss", &json!({"findings": [beta["id"]], "note": "as agreed"})).await;
        msp.done("audit/apply", &json!({"findings": [alpha["id"]]})).await;
        msp.done("audit/settings", &json!({"apply": "automatically"})).await;
    }
    let path = "history/list?action=audit";
    let entries = msp.get(path).await["history"].as_array().unwrap().clone();
    let mut actions: Vec<_> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["audit/apply", "audit/dismiss", "audit/run", "audit/settings"], "{entries:#?}");
    let of = |action: &str| entries.iter().find(|entry| entry["action"] == action).unwrap();
    let apply = of("audit/apply");
    assert_eq!(
        (&apply["by"], &apply["finding"], &apply["from"], &apply["to"]),
        (&json!("portal"), &alpha["id"], &json!("1"), &json!("3")),
        "{apply}"
    );
    let (dismissed, settings) = (of("audit/dismiss"), of("audit/settings"));
    assert_eq!((&dismissed["reason"], &settings["to"]), (&json!("as agreed"), &json!("automatically")));
}

#[tokio::test]
async fn pages_and_times_leave_nothing_out() {
    let msp = Msp::billing().await;
    for price in [4, 5, 6, 7] {
        msp.done("plans/update", &json!({"plan": BACKUP, "price": price})).await;
    }
    let entries = msp.get("history/list").await["history"].as_array().unwrap().clone();
    assert!(entries.is_sorted_by(|one, next| one["at"].as_str() >= next["at"].as_str()), "the latest first");
    let pages = msp.pages_of("history/list", 2).await;
    let whole: Vec<_> = pages.iter().flat_map(|page| page["history"].as_array().unwrap().clone()).collect();
    assert_eq!(whole, entries);
    let third = entries[2]["at"].as_str().unwrap();
    let since = msp.get(&format!("history/list?since={third}")).await["history"].as_array().unwrap().len();
    let until = msp.get(&format!("history/list?until={third}")).await["history"].as_array().unwrap().len();
    assert!(since >= 3 && since + until == entries.len(), "{since} {until}");
    let next = pages[0]["next"].as_str().unwrap();
    for query in [
        "limit=0".to_owned(),
        "since=yesterday".to_owned(),
        format!("since={third}&until={third}"),
        format!("after={next}&until=2020-01-01T00:00:00Z"),
        "after=x".to_owned(),
    ] {
        msp.refused_get(ErrorCode::FieldsInvalid, &format!("history/list?{query}")).await;
    }
}
