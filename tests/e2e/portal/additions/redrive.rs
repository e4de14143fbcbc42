//! What the redrive does when something is down, or was: MSPs whose ConnectWise hangs, keys that were taken away, events that
//! nobody heard of.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sandbox::background::{CONNECTWISE_DEAD_LETTERS, redrive, sweep};
use sandbox::connectwise::{Member, Role};
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::workers::redrive as redriven;
use service_manager::workers::redrive::Event;

use crate::client::{Bss, account, service};
use crate::portal::msp::{
    ACME, BLUE_LIGHT, CREATE_PLAN, CREDENTIALS, LINK, MANAGED, Msp, ORDER, PRIVATE_KEY, PUBLIC_KEY, SAVE, UPDATE,
    choices, credentials, link, order, plan,
};

/// An MSP on a stack whose stream nobody reads.
async fn unheard() -> Msp {
    let bss = Bss::start_with(Options { stream: false, ..Options::from_env() }).await;
    let msp = Msp::on(bss).in_session().await;
    msp.sets_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp
}

/// Sells five seats each to so many accounts of the BSS, and links them.
async fn sells_to(msp: &Msp, count: u32) {
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

/// Another API member of the same ConnectWise: its keys, as step 1 takes them.
fn enlisted(msp: &Msp, public_key: &str, private_key: &str) -> Value {
    let (public_key, private_key) = (public_key.to_owned(), private_key.to_owned());
    let keys = json!({"publicKey": public_key, "privateKey": private_key});
    let member = Member { identifier: public_key.clone(), public_key, private_key, role: Role::integration() };
    msp.bss.stack.connectwise.enlist(member).unwrap();
    keys
}

/// Whoever comes with the MSP's first keys.
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
async fn whoever_hangs_holds_up_nobody_else() {
    const DUE: u32 = 24;
    let msp = unheard().await;
    sells_to(&msp, DUE).await;
    let other = msp.other().await;
    let keys = enlisted(&msp, "uT4kLw8ZrQ1vXs6n", "pM2yHd9CgE7fJb3a");
    other.done(CREDENTIALS, &credentials(keys)).await;
    other.done(SAVE, &choices(json!({}))).await;
    let offered = other.done(CREATE_PLAN, &plan(json!({}))).await;
    let sold = json!({"company": ACME, "agreement": MANAGED, "plan": offered["plan"], "email": "a@acme.example"});
    other.done(ORDER, &order(sold)).await;

    msp.faults(with_first_keys(&json!({"delay_ms": 60_000, "drop": "before"})));
    let before = calls(&msp);
    let budget = Duration::from_secs(8);
    let begun = Instant::now();
    let report = redriven::redrive(&msp.bss.stack.app, None, Event { sweep: true }, "hangs", budget).await.unwrap();
    assert!(begun.elapsed() < budget, "{:?}", begun.elapsed());
    assert_eq!((report.swept, report.applied, report.failed.len()), (Some(DUE + 1), 1, 0), "{report:?}");
    assert_eq!(other.row().await["state"], "applied");
    // One was tried, and the rest waits for it.
    assert_eq!(report.pending.len(), 2, "{report:?}");
    assert!(report.pending.iter().any(|why| why.starts_with("23 more of the MSP")), "{report:?}");
    let of_other = calls(&msp) - before;
    assert!(of_other < 20, "{of_other} calls");

    msp.faults(json!([]));
    msp.bss.stack.clock.advance(jiff::SignedDuration::from_mins(5));
    let report = redrive(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.applied, report.pending.len()), (DUE, 0), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_event_told_of_is_found_by_a_sweep() {
    let msp = unheard().await;
    sells_to(&msp, 3).await;
    let report = redrive(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.applied, report.swept), (0, None), "nobody knows of it");
    let report = sweep(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.applied, report.swept, report.pending.len()), (3, Some(3), 0), "{report:?}");
    assert!(msp.rows().await.iter().all(|row| row["state"] == "applied"));

    let before = calls(&msp);
    let report = sweep(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.applied, report.swept), (0, Some(0)), "{report:?}");
    assert_eq!(calls(&msp), before, "ConnectWise is not asked about what is as it shall be");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_whose_records_are_gone_has_all_looked_at() {
    let msp = unheard().await;
    sells_to(&msp, 2).await;
    let described = json!({
        "shardId": "shardId-00000000000000000000-gone", "startSequenceNumber": "000000000000000000001", "endSequenceNumber": "000000000000000000002",
        "streamArn": "arn:aws:dynamodb:eu-west-1:000000000000:table/gone/stream/2031-01-01T00:00:00.000",
    });
    let queues = &msp.bss.stack.queues;
    queues.send(CONNECTWISE_DEAD_LETTERS, json!({"DDBStreamBatchInfo": described}).to_string());
    let report = redrive(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.applied, report.swept, report.letters_done), (2, Some(2), 1), "{report:?}");
    assert_eq!(queues.messages(CONNECTWISE_DEAD_LETTERS), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_have_what_failed_for_the_old_ones_tried_again() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let (status, refused) = (401, json!({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}));
    msp.faults(with_first_keys(&json!({"status": status, "body": refused})));
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 9})).await;
    msp.settled().await;
    let (reason, to_do) = msp.failed().await;
    assert!(to_do.contains("portal/settings/credentials"), "{reason} {to_do}");
    assert_eq!(redrive(&msp.bss.stack.app).await.unwrap().applied, 0, "nobody has mended it");

    let keys = enlisted(&msp, "uT4kLw8ZrQ1vXs6n", "pM2yHd9CgE7fJb3a");
    msp.done(CREDENTIALS, &credentials(keys)).await;
    msp.done(SAVE, &choices(json!({}))).await;
    let report = redrive(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.applied, report.failed.len(), report.pending.len()), (1, 0, 0), "{report:?}");
    assert_eq!((&msp.row().await["state"], msp.line()["quantity"].as_f64()), (&json!("applied"), Some(9.0)));
}
