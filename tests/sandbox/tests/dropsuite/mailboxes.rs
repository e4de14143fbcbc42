//! Backed-up mailboxes and the state of their backups.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use reqwest::Method;
use sandbox::clock::SandboxClock;
use sandbox::dropsuite::{Backups, DropsuiteSandbox};
use serde_json::{Value, json};

use super::{DEMO, OTHER, Vendor, acme, id, tokens, with};

const NO_TOKENS: [&str; 2] = ["", ""];
const FAILURES: &str = "/api/accounts/connection_failures";
const DEACTIVATED: &str = "/api/accounts/deactivated_accounts";

/// An organization with some mailboxes.
struct Organization {
    vendor: Vendor,
    row: Value,
}

impl Organization {
    async fn with(count: usize) -> Self {
        let vendor = Vendor::start().await;
        let row = vendor.created(1).await;
        vendor.sandbox.add_mailboxes(id(&row), count).unwrap();
        Self { vendor, row }
    }

    fn tokens(&self) -> [&str; 2] {
        tokens(&self.row)
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.vendor.get(self.tokens(), path).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let path = format!("/_sandbox/organizations/{}/{path}", id(&self.row));
        self.vendor.send(NO_TOKENS, method, &path, Some(body.to_string())).await.unwrap()
    }

    async fn backups(&self, body: Value) -> Value {
        let (status, answer) = self.control(Method::POST, "backups", body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

fn all(rows: &Value, name: &str) -> Vec<Value> {
    rows.as_array().unwrap().iter().map(|row| row[name].clone()).collect()
}

#[tokio::test]
async fn a_row_has_all_fields_or_null_where_the_vendor_allows_it() {
    let organization = Organization::with(2).await;
    let rows = organization.get("/api/accounts").await;
    let times = all(&rows, "added_on");
    let time = times[0].as_str().unwrap();
    assert_eq!((time.len(), time.as_bytes()[19], time.as_bytes()[23]), (24, b'.', b'Z'), "{time}");
    let user = json!({
        "id": "440032-6", "email": "owner1@acme.example", "organization_id": 25054, "reseller_token": DEMO[0],
        "authentication_token": organization.tokens()[1], "external_id": "ext-1", "is_business": true, "admin": false,
        "customer_deactivated": false, "flg_suspended": false, "login_disabled": false, "seats_used": 0,
        "seats_available": 5, "storage_used": 0, "storage_available": 0, "archive": false, "backup_summary": null
    });
    let expected = json!([{
        "id": 442_803, "email": "mailbox1@acme.example", "display_name": null, "username": null, "last_backup": time,
        "current_backup_status": "Completed", "flg_deleted": false, "storage": 1024, "msg_count": null,
        "errors": null, "added_on": time, "user": user
    }, {
        "id": 442_804, "email": "mailbox2@acme.example", "display_name": "mailbox2", "username": "mailbox2",
        "last_backup": time, "current_backup_status": "Completed", "deactivated_since": null, "flg_deleted": false,
        "storage": 1024, "msg_count": 10, "errors": {}, "added_on": time, "user": user
    }]);
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn pages_have_25_rows_at_most() {
    let organization = Organization::with(60).await;
    assert_eq!(organization.get("/api/accounts").await.as_array().unwrap().len(), 60);
    let mut seen = HashSet::new();
    for (page, rows) in [(1, 25), (2, 25), (3, 10), (4, 0)] {
        let answer = organization.get(&format!("/api/accounts?page={page}&per_page=100")).await;
        let expected = json!({ "current_page": page, "total_pages": 3, "total_entries": 60 });
        assert_eq!(answer["pagination"], expected);
        assert_eq!(answer["result_set"].as_array().unwrap().len(), rows);
        seen.extend(all(&answer["result_set"], "id").into_iter().map(|id| id.as_u64().unwrap()));
    }
    assert_eq!(seen, (442_803..442_863).collect());
    let small = organization.get("/api/accounts?per_page=2").await;
    assert_eq!(small["pagination"], json!({ "current_page": 1, "total_pages": 30, "total_entries": 60 }));
    assert_eq!(organization.vendor.get(organization.tokens(), "/api/accounts?page=x").await.0, 422);
}

#[tokio::test]
async fn tokens_select_the_organization_and_must_belong_together() {
    let organization = Organization::with(1).await;
    let vendor = &organization.vendor;
    let second = vendor.created(2).await;
    let empty_page = json!({
        "result_set": [], "pagination": { "current_page": 1, "total_pages": 0, "total_entries": 0 }
    });
    for (path, bare) in
        [("/api/accounts", json!([])), (FAILURES, json!({ "result_set": [] })), (DEACTIVATED, json!([]))]
    {
        assert_eq!(vendor.get(DEMO, path).await, (200, bare.clone()), "{path}");
        assert_eq!(vendor.get(tokens(&second), path).await, (200, bare), "{path}");
        assert_eq!(vendor.get(DEMO, &format!("{path}?page=1")).await, (200, empty_page.clone()), "{path}");
        assert_eq!(vendor.get([OTHER[0], organization.tokens()[1]], path).await.0, 401);
        assert_eq!(vendor.get([DEMO[0], "x"], &format!("{path}?page=x")).await.0, 401);
        assert_eq!(vendor.get(["x", organization.tokens()[1]], path).await.0, 401);
    }
}

#[tokio::test]
async fn an_organization_of_a_sub_reseller_accepts_both_reseller_tokens() {
    let vendor = Vendor::start().await;
    let reseller = vendor.sub_reseller().await;
    let placed = with(acme(1), "reseller_id", reseller["id"].clone());
    let (_, placed) = vendor.post(DEMO, "/api/users", placed).await;
    vendor.sandbox.add_mailboxes(id(&placed), 1).unwrap();
    for reseller_token in [DEMO[0], tokens(&reseller)[0]] {
        let (status, rows) = vendor.get([reseller_token, tokens(&placed)[1]], "/api/accounts").await;
        assert_eq!((status, &rows[0]["user"]["reseller_token"]), (200, &reseller["reseller_token"]));
    }
    assert_eq!(vendor.get(tokens(&reseller), "/api/accounts").await, (200, json!([])));
}

#[tokio::test]
async fn errors_have_every_shape_until_the_backup_is_completed() {
    let organization = Organization::with(4).await;
    let wrong = json!({ "status": "Authentication Error", "errors": "wrong password" });
    assert_eq!(organization.backups(wrong).await.as_array().unwrap().len(), 4);
    let rows = organization.get("/api/accounts").await;
    let text = "wrong password";
    assert_eq!(all(&rows, "errors"), [json!(text), json!({ "host": text }), json!([text]), json!(text)]);
    assert_eq!(all(&rows, "current_backup_status"), ["Authentication Error"; 4]);
    let before = all(&rows, "last_backup");

    organization.backups(json!({ "status": "Connection Error", "errors": { "imap": "refused" } })).await;
    let rows = organization.get("/api/accounts").await;
    assert_eq!(all(&rows, "errors"), vec![json!({ "imap": "refused" }); 4]);
    assert_eq!(all(&rows, "last_backup"), before);

    organization.vendor.clock.advance(SignedDuration::from_hours(1));
    organization.backups(json!({ "status": "Completed", "errors": "ignored" })).await;
    let rows = organization.get("/api/accounts").await;
    assert_eq!(all(&rows, "errors"), [Value::Null, json!({}), json!([]), json!("")]);
    assert!(all(&rows, "last_backup")[0].as_str() > before[0].as_str());
}

#[tokio::test]
async fn connection_failures_and_deactivated_mailboxes_have_separate_lists() {
    let organization = Organization::with(5).await;
    let address = |number: u32| format!("mailbox{number}@acme.example");
    for (number, status) in
        [(1, "authentication error"), (2, "IMAP connection failed"), (3, "Retrying"), (4, "Deactivated")]
    {
        let changed = organization.backups(json!({ "status": status, "mailboxes": [address(number)] })).await;
        assert_eq!(changed, json!([{ "id": 442_802 + number, "email": address(number) }]));
    }
    let failures = organization.get(FAILURES).await;
    assert_eq!(all(&failures["result_set"], "email"), [address(1), address(2)]);
    assert_eq!(failures.as_object().unwrap().len(), 1);
    let page = organization.get(&format!("{FAILURES}?page=2&per_page=1")).await;
    assert_eq!(all(&page["result_set"], "email"), [address(2)]);
    assert_eq!(page["pagination"], json!({ "current_page": 2, "total_pages": 2, "total_entries": 2 }));

    let deactivated = organization.get(DEACTIVATED).await;
    assert_eq!(all(&deactivated, "email"), [address(4)]);
    assert!(deactivated[0]["deactivated_since"].is_string());
    assert_eq!(organization.get("/api/accounts").await.as_array().unwrap().len(), 5);
    organization.backups(json!({ "status": "Preparing Backup" })).await;
    assert_eq!(organization.get(DEACTIVATED).await, json!([]));
    assert_eq!(all(&organization.get("/api/accounts").await, "last_backup"), vec![Value::Null; 5]);
}

#[tokio::test]
async fn suspended_and_unsubscribed_organizations_are_readable_until_they_are_purged() {
    let organization = Organization::with(2).await;
    let path = format!("/api/users/{}", id(&organization.row));
    let last_backup = all(&organization.get("/api/accounts").await, "last_backup");
    for (step, flag) in [("suspend", "flg_suspended"), ("unsubscribe", "customer_deactivated")] {
        organization.vendor.put(&format!("{path}/{step}"), Value::Null).await;
        organization.vendor.clock.advance(SignedDuration::from_hours(24));
        let rows = organization.get("/api/accounts").await;
        assert_eq!(rows[0]["user"][flag], true);
        assert_eq!(all(&rows, "last_backup"), last_backup);
    }
    organization.vendor.clock.advance(SignedDuration::from_hours(44 * 24));
    assert_eq!(organization.vendor.get(organization.tokens(), "/api/accounts").await.0, 401);
    assert_eq!(organization.vendor.sandbox.state_json().get("mailboxes"), None);
}

#[tokio::test]
async fn mailboxes_are_added_and_removed() {
    let organization = Organization::with(0).await;
    assert_eq!(organization.vendor.sandbox.state_json().get("mailboxes"), None);
    let counted = organization.control(Method::POST, "mailboxes", json!({ "count": 2 })).await;
    let expected = json!([{ "id": 442_803, "email": "mailbox1@acme.example" }, { "id": 442_804, "email": "mailbox2@acme.example" }]);
    assert_eq!(counted, (201, expected));
    let named = json!({ "emails": ["ann@acme.example", "mailbox3@acme.example"] });
    assert_eq!(organization.control(Method::POST, "mailboxes", named).await.0, 201);
    let removed = organization.control(Method::DELETE, "mailboxes/442804", Value::Null).await;
    assert_eq!(removed, (200, json!({ "id": 442_804, "email": "mailbox2@acme.example" })));
    assert_eq!(organization.control(Method::DELETE, "mailboxes/442804", Value::Null).await.0, 404);
    let (_, again) = organization.control(Method::POST, "mailboxes", json!({ "count": 2 })).await;
    assert_eq!(again[0], json!({ "id": 442_807, "email": "mailbox2@acme.example" }));
    assert_eq!(again[1]["email"], "mailbox4@acme.example");
    let state = organization.vendor.sandbox.state_json();
    assert_eq!(all(&state["mailboxes"]["440032-6"], "id"), [442_803, 442_805, 442_806, 442_807, 442_808]);
    assert_eq!(state["organizations"][0]["seats_used"], 0);

    let path = format!("/api/users/{}", id(&organization.row));
    organization.vendor.send(DEMO, Method::DELETE, &path, None).await.unwrap();
    assert_eq!(organization.vendor.sandbox.state_json().get("mailboxes"), None);
}

#[tokio::test]
async fn invalid_controls_are_rejected_with_a_message() {
    let organization = Organization::with(1).await;
    for (path, body, field, reason) in [
        ("mailboxes", json!({ "emails": ["no-address"] }), "emails", "no-address is invalid"),
        (
            "mailboxes",
            json!({ "emails": ["a@b.example", "A@b.example"] }),
            "emails",
            "A@b.example has already been taken",
        ),
        ("backups", json!({ "status": " " }), "status", "can't be blank"),
        ("backups", json!({ "status": "x", "mailboxes": ["a@b.example"] }), "mailboxes", "a@b.example does not exist"),
    ] {
        let expected = json!({ "errors": { field: [reason] } });
        assert_eq!(organization.control(Method::POST, path, body).await, (422, expected));
    }
    for (path, body) in [
        ("mailboxes", json!({})),
        ("mailboxes", json!({ "count": 1, "emails": [] })),
        ("mailboxes", json!({ "count": -1 })),
        ("backups", json!({ "errors": "x" })),
        ("backups", json!({ "status": "x", "mailbox": [] })),
    ] {
        assert_eq!(organization.control(Method::POST, path, body.clone()).await.0, 400, "{body}");
    }
    for (path, body) in [("mailboxes", json!({ "count": 1 })), ("backups", json!({ "status": "x" }))] {
        let path = format!("/_sandbox/organizations/1-6/{path}");
        assert_eq!(organization.vendor.post(NO_TOKENS, &path, body).await.0, 404);
    }
    assert_eq!(all(&organization.get("/api/accounts").await, "current_backup_status"), ["Completed"]);
}

#[tokio::test]
async fn a_directory_persists_mailboxes_and_reset_removes_them() {
    let directory = std::env::temp_dir().join(format!("dropsuite-mailboxes-{}", std::process::id()));
    let open = || DropsuiteSandbox::open(Some(&directory), SandboxClock::default()).unwrap();
    let sandbox = open();
    let server = super::serve(super::TcpListener::bind("127.0.0.1:0").await.unwrap(), sandbox.router()).unwrap();
    let vendor = Vendor { sandbox, clock: SandboxClock::default(), server };
    let row = vendor.created(1).await;
    vendor.sandbox.add_mailboxes(id(&row), 2).unwrap();
    let failing = Backups { status: "Connection Error".into(), errors: json!("refused"), mailboxes: None };
    vendor.sandbox.set_backups(id(&row), &failing).unwrap();
    let kept = open();
    let (held, read) = (vendor.sandbox.state_json(), kept.state_json());
    let next = kept.add_mailboxes(id(&row), 1).unwrap();
    vendor.sandbox.reset().unwrap();
    let after = vendor.sandbox.state_json();
    std::fs::remove_dir_all(&directory).unwrap();
    assert_eq!(read["mailboxes"], held["mailboxes"]);
    assert_eq!(read["mailboxes"]["440032-6"][1]["errors"], "refused");
    assert_eq!(next[0].id, 442_805);
    assert_eq!(after.get("mailboxes"), None);
}

#[tokio::test]
async fn calls_are_fast_with_many_organizations() {
    let vendor = Vendor::start().await;
    let host = format!("http://{}", vendor.server.address());
    let client = sandbox::http_client().unwrap();
    let mut last = Value::Null;
    for number in 0..2000 {
        let made = json!({ "email": format!("o{number}@many.example"), "organization_name": format!("Many {number}") });
        let sent = client.post(format!("{host}/_sandbox/organizations")).json(&made).send().await.unwrap();
        last = sent.json().await.unwrap();
        vendor.sandbox.add_mailboxes(id(&last), 50).unwrap();
    }
    let started = Instant::now();
    for _ in 0..200 {
        let request = client.get(format!("{host}/api/accounts?page=2")).header("X-Reseller-Token", DEMO[0]);
        let answer = request.header("X-Access-Token", tokens(&last)[1]).send().await.unwrap();
        assert_eq!(answer.json::<Value>().await.unwrap()["result_set"][24]["id"], 442_802 + 100_000);
    }
    let called = started.elapsed();
    // A call takes about 2.5 ms on two busy cores. Copying the state would take a hundred times as long.
    assert!(called < Duration::from_secs(20), "{called:?}");
}
