//! The redrive during and after outages: an unresponsive ConnectWise, revoked keys, lost stream events.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sandbox::background::{CONNECTWISE_DEAD_LETTERS, redrive, sweep};
use sandbox::connectwise::{Member, Role};
use sandbox::stack::{Options, Stack};
use serde_json::{Value, json};
use service_manager::workers::redrive as redriven;
use service_manager::workers::redrive::Event;

use crate::client::{Bss, account, service};
use crate::portal::msp::bodies::{ACME, BLUE_LIGHT, MANAGED, credentials, link, order, plan, ticket_mapping};
use crate::portal::msp::{CREATE_PLAN, CREDENTIALS, LINK, Msp, ORDER, PRIVATE_KEY, PUBLIC_KEY, SAVE, UPDATE};

/// Starts an MSP on a stack that does not process the stream.
async fn without_stream() -> Msp {
    let bss = Bss::start_with(Options { stream: false, ..Options::from_env() }).await;
    let msp = Msp::on(bss).with_new_session().await;
    msp.set_up_connectwise().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp
}

/// Sells five seats each to `count` accounts of the BSS, and links them.
async fn sell_to(msp: &Msp, count: u32) {
    for number in 1..=count {
        let user = format!("it@customer{number}.example");
        let customer = account(json!({
            "ID": number.to_string(), "Name": format!("Customer {number}"), "Email": user,
            "SyncOptions": {"username": user, "role": "1"},
        }));
        let organization = msp.bss.done("accounts/synchronize", &customer).await;
        let sold = service(json!({"SubscriptionID": format!("S{number}"), "Account": customer}));
        msp.bss.done("subscriptions/create", &sold).await;
        msp.done(LINK, &link(json!({"organization": organization}))).await;
    }
}

/// Adds an API member to the same ConnectWise. Returns its keys as the body of `settings/credentials`.
fn added_member(msp: &Msp, public_key: &str, private_key: &str) -> Value {
    let (public_key, private_key) = (public_key.to_owned(), private_key.to_owned());
    let keys = json!({"publicKey": public_key, "privateKey": private_key});
    let member = Member { identifier: public_key.clone(), public_key, private_key, role: Role::integration() };
    msp.bss.stack.connectwise.add_member(member).unwrap();
    keys
}

/// Restricts fault rules to calls with the MSP's first keys.
fn with_first_keys(answer: &Value) -> Value {
    let basic = BASE64_STANDARD.encode(format!("demo+{PUBLIC_KEY}:{PRIVATE_KEY}"));
    let header = json!({"name": "authorization", "value": format!("Basic {basic}")});
    let mut rule = json!({"path": "*", "header": header});
    rule.as_object_mut().unwrap().extend(answer.as_object().unwrap().clone());
    json!([rule])
}

fn calls(msp: &Msp) -> usize {
    msp.bss.stack.connectwise.calls().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unresponsive_connectwise_does_not_delay_other_msps() {
    const DUE: u32 = 24;
    let msp = without_stream().await;
    sell_to(&msp, DUE).await;
    let other = msp.other().await;
    let keys = added_member(&msp, "uT4kLw8ZrQ1vXs6n", "pM2yHd9CgE7fJb3a");
    other.done(CREDENTIALS, &credentials(keys)).await;
    other.done(SAVE, &ticket_mapping(json!({}))).await;
    let offered = other.done(CREATE_PLAN, &plan(json!({}))).await;
    let sold = json!({"company": ACME, "agreement": MANAGED, "plan": offered["plan"], "email": "a@acme.example"});
    other.done(ORDER, &order(sold)).await;

    msp.faults(with_first_keys(&json!({"delay_ms": 60_000, "drop": "before"})));
    let before = calls(&msp);
    let budget = Duration::from_secs(8);
    let report = redriven::redrive(&msp.bss.stack.app, None, Event { full_scan: true }, "hangs", budget).await.unwrap();
    assert_eq!((report.out_of_sync, report.synced, report.failed.len()), (Some(DUE + 1), 1, 0), "{report:?}");
    assert_eq!(other.row().await["state"], "synced");
    // One task was attempted. The others were skipped.
    assert_eq!(report.pending.len(), 2, "{report:?}");
    assert!(report.pending.iter().any(|why| why.starts_with("23 more of the MSP")), "{report:?}");
    let of_other = calls(&msp) - before;
    assert!(of_other < 20, "{of_other} calls");

    msp.faults(json!([]));
    msp.bss.stack.clock.advance(jiff::SignedDuration::from_mins(5));
    let report = redrive(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.synced, report.pending.len()), (DUE, 0), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_scan_finds_changes_without_an_event() {
    let msp = without_stream().await;
    sell_to(&msp, 3).await;
    let report = redrive(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.synced, report.out_of_sync), (0, None), "the redrive reads only recorded tasks");
    let report = sweep(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.synced, report.out_of_sync, report.pending.len()), (3, Some(3), 0), "{report:?}");
    assert!(msp.rows().await.iter().all(|row| row["state"] == "synced"));

    let before = calls(&msp);
    let report = sweep(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.synced, report.out_of_sync), (0, Some(0)), "{report:?}");
    assert_eq!(calls(&msp), before, "ConnectWise is not called for additions in sync");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_dead_letter_triggers_a_full_scan() {
    let msp = without_stream().await;
    sell_to(&msp, 2).await;
    let described = json!({
        "shardId": "shardId-00000000000000000000-gone", "startSequenceNumber": "000000000000000000001", "endSequenceNumber": "000000000000000000002",
        "streamArn": "arn:aws:dynamodb:eu-west-1:000000000000:table/gone/stream/2031-01-01T00:00:00.000",
    });
    let queues = &msp.bss.stack.queues;
    queues.send(CONNECTWISE_DEAD_LETTERS, json!({"DDBStreamBatchInfo": described}).to_string());
    let report = redrive(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.synced, report.out_of_sync, report.dead_letters_processed), (2, Some(2), 1), "{report:?}");
    assert_eq!(queues.messages(CONNECTWISE_DEAD_LETTERS), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_dead_letter_is_read_on_from_where_the_last_read_stopped() {
    // More than 100 pages of a record each, then more than 100 changed items in one page.
    for (sold, page, reads) in [(20, 1, 105), (60, 1000, 1)] {
        read_on(sold, page, reads).await;
    }
}

/// Sells to `sold` accounts and redrives a dead letter of the whole stream, in pages of `page` records. The first run can
/// read `reads` pages.
async fn read_on(sold: u32, page: u64, reads: u64) {
    let msp = without_stream().await;
    sell_to(&msp, sold).await;
    let Stack { app, dynamodb, queues, table, .. } = &*msp.bss.stack;
    let (batch, records) = dynamodb.stream_batch(table).await.unwrap();
    assert!(records > 110, "{records} records");
    dynamodb.limit_stream_pages(page);
    queues.send(CONNECTWISE_DEAD_LETTERS, json!({"DDBStreamBatchInfo": batch, "version": "1.0"}).to_string());

    let unread = json!({"path": "/", "after": reads, "status": 500, "header": {"name": "x-amz-target", "value": "*.GetRecords"}});
    dynamodb.faults().set(serde_json::from_value(json!([unread])).unwrap());
    let first = redrive(app).await.unwrap();
    assert_eq!((first.dead_letters_processed, first.dead_letters_kept.len()), (0, 1), "{first:?}");
    let kept: Vec<Value> =
        queues.messages(CONNECTWISE_DEAD_LETTERS).iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let (rest, whole) = (&kept[0]["DDBStreamBatchInfo"], &batch);
    assert!(rest["startSequenceNumber"].as_str() > whole["startSequenceNumber"].as_str(), "{rest} {whole}");
    assert_eq!((&rest["endSequenceNumber"], &kept[0]["version"]), (&whole["endSequenceNumber"], &json!("1.0")));

    dynamodb.faults().clear();
    msp.bss.stack.clock.advance(jiff::SignedDuration::from_mins(5));
    let second = redrive(app).await.unwrap();
    assert_eq!((second.dead_letters_processed, second.dead_letters_kept.len()), (1, 0), "{second:?}");
    assert_eq!((first.synced + second.synced, second.out_of_sync), (sold, None), "no full scan: {first:?} {second:?}");
    assert_eq!(queues.messages(CONNECTWISE_DEAD_LETTERS), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_retry_tasks_that_failed_with_the_old_ones() {
    let msp = Msp::with_tenant().await;
    let (status, refused) = (401, json!({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}));
    msp.faults(with_first_keys(&json!({"status": status, "body": refused})));
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 9})).await;
    msp.wait_for_additions().await;
    msp.retries_a_minute_later().await;
    let (reason, required_action) = msp.failed().await;
    assert!(
        required_action.contains("portal/settings/credentials") && required_action.contains("portal/settings/save"),
        "{reason} {required_action}"
    );
    assert_eq!(redrive(&msp.bss.stack.app).await.unwrap().synced, 0, "the cause is not resolved");

    let keys = added_member(&msp, "uT4kLw8ZrQ1vXs6n", "pM2yHd9CgE7fJb3a");
    msp.done(CREDENTIALS, &credentials(keys)).await;
    msp.done(SAVE, &ticket_mapping(json!({}))).await;
    let report = redrive(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.synced, report.failed.len(), report.pending.len()), (1, 0, 0), "{report:?}");
    assert_eq!((&msp.row().await["state"], msp.addition()["quantity"].as_f64()), (&json!("synced"), Some(9.0)));
}

#[tokio::test]
async fn an_invocation_with_a_malformed_event_runs_nothing() {
    let bss = Bss::start().await;
    let url = format!("{}/2015-03-31/functions/connectwise-redrive/invocations", bss.stack.aws_url);
    let client = sandbox::http_client().unwrap();
    for (event, status, fails) in [
        ("{\"fullScan\": \"yes\"}", 200, true),
        ("\"fullScan\"", 200, true),
        ("{\"fullScan\": tru", 400, false),
        ("fullScan", 400, false),
        ("{\"fullScan\": true}", 200, false),
        ("{}", 200, false),
        ("", 200, false),
    ] {
        let response = client.post(&url).body(event).send().await.unwrap();
        assert_eq!(response.status(), status, "{event}");
        assert_eq!(response.headers().contains_key("x-amz-function-error"), fails, "{event}");
        let answer: Value = response.json().await.unwrap();
        let ran = status == 200 && !fails;
        assert_eq!(answer.get("synced").is_some(), ran, "{event}: {answer}");
        assert_eq!(answer.get("outOfSync").is_some(), event.contains("true}"), "{event}: {answer}");
    }
}
