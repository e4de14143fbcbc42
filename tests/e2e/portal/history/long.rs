//! `GET portal/history/list` and `csv` with more than a response can have.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::Method;
use sandbox::stack::Options;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;
use service_manager::domain::requester::Requester;
use service_manager::store::{HistoryEntry, NewHistoryEntry};

use crate::client::Bss;
use crate::portal::msp::{Msp, assert_refused};

const EXPORT: &str = "history/csv";

/// Returns an MSP with `count` entries, a second apart, each with the value `from`.
async fn with_history(count: i64, from: &str) -> Msp {
    let options = Options { stream: false, deadline: Duration::from_secs(6), ..Options::from_env() };
    let msp = Msp::on(Bss::start_with(options).await).with_new_session().await;
    let (store, now) = (&msp.bss.stack.app.store, msp.bss.stack.clock.now());
    for number in 0..count {
        let entry = HistoryEntry::new(now - SignedDuration::from_secs(number), Requester::audit("plans/update"));
        let entry = HistoryEntry { from: Some(from.to_owned()), object: Some(format!("plan {number}")), ..entry };
        store.add_history(&NewHistoryEntry { msp: msp.id(), entry, id: "x".to_owned() }).await.unwrap();
    }
    msp
}

/// Returns the objects of all pages, and the number of the pages.
async fn listed(msp: &Msp) -> (Vec<String>, usize) {
    let pages = msp.pages_of("history/list", 1000).await;
    let entries = pages.iter().flat_map(|page| page["history"].as_array().unwrap());
    let objects = entries.filter_map(|entry| entry["object"].as_str()).map(str::to_owned);
    (objects.filter(|object| object.starts_with("plan ")).collect(), pages.len())
}

async fn assert_too_many(msp: &Msp) {
    let answer = msp.send(Method::GET, EXPORT, String::new()).await;
    assert_refused(ErrorCode::FieldsInvalid, &answer);
    let text = answer.1["fields"]["since"].as_str().unwrap();
    assert!(text.contains("Export a shorter time"), "{text}");
}

#[tokio::test]
async fn long_entries_make_smaller_pages_and_no_file_that_lambda_refuses() {
    // Lambda escapes the answer once more: each quote has four bytes.
    let msp = with_history(700, &"\"".repeat(2000)).await;
    let (objects, pages) = listed(&msp).await;
    assert_eq!(objects, (0..700).map(|number| format!("plan {number}")).collect::<Vec<_>>());
    assert!(pages > 1, "{pages}");
    let whole = msp.request(Method::GET, "history/list?limit=1000", String::new()).await.text().await.unwrap();
    assert!(serde_json::to_string(&whole).unwrap().len() < 6_000_000);
    assert_too_many(&msp).await;
    let since = msp.bss.stack.clock.now() - SignedDuration::from_secs(300);
    let part = msp.request(Method::GET, &format!("{EXPORT}?since={since}"), String::new()).await;
    assert_eq!(part.status(), 200);
    assert!(part.text().await.unwrap().lines().count() > 200);
}

#[tokio::test]
async fn a_slow_table_makes_smaller_pages_and_no_file() {
    let msp = with_history(1000, "3").await;
    let slow = json!({"path": "/", "delay_ms": 700, "header": {"name": "x-amz-target", "value": "*.Query"}});
    let faults = msp.bss.stack.dynamodb.faults();
    faults.set(serde_json::from_value(json!([slow])).unwrap());
    let page = msp.get("history/list?limit=1000").await;
    let length = page["history"].as_array().unwrap().len();
    assert!((100..1000).contains(&length) && page["next"].is_string(), "{length}");
    assert_too_many(&msp).await;
    faults.clear();
    assert_eq!(listed(&msp).await.0.len(), 1000);
}
