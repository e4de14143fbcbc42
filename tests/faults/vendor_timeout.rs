//! An unresponsive vendor: the response is sent before the deadline, and afterwards one retry is enough.
//!
//! `HANG_SECONDS=60 DEADLINE_SECONDS=25` are the values in production. The defaults are shorter.

use std::time::{Duration, Instant};

use faults::harness::Harness;
use faults::parallel;
use faults::request::{Request, dropsuite};
use futures::future::join_all;
use sandbox::faults::Rule;
use serde_json::json;
use service_manager::vendor::VendorName;

const CALLS: u32 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn responses_are_in_time_when_the_vendor_is_unresponsive() {
    let _turn = parallel::turn().await;
    time_out(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_are_in_time_when_changes_get_no_response() {
    let _turn = parallel::turn().await;
    time_out(Some("POST")).await;
}

async fn time_out(method: Option<&str>) {
    let seconds = |name: &str, default: u64| {
        let set = std::env::var(name).ok().and_then(|text| text.parse().ok());
        Duration::from_secs(set.unwrap_or(default))
    };
    let (delay, deadline) = (seconds("HANG_SECONDS", 12), seconds("DEADLINE_SECONDS", 5));
    let harness = Harness::new(VendorName::Dropsuite, deadline).await.unwrap();
    let delay_ms = u64::try_from(delay.as_millis()).ok();
    let rule = Rule { path: "*".to_owned(), method: method.map(str::to_owned), delay_ms, ..Rule::default() };
    harness.vendor_faults().set(vec![rule]);
    let requests: Vec<Request> = (1..=CALLS).map(dropsuite::synchronize).collect();
    let answers = join_all(requests.iter().map(async |request| {
        let started = Instant::now();
        let answer = harness.call(request).await;
        assert!(answer.asks_for_retry(), "{answer:?}");
        started.elapsed()
    }))
    .await;
    let slowest = answers.into_iter().max().unwrap_or_default();
    println!(
        "{CALLS} calls, the vendor hangs for {delay:?}: the slowest answer after {:.2} of the deadline of {deadline:?}",
        slowest.as_secs_f64() / deadline.as_secs_f64(),
    );
    assert!(slowest <= deadline, "the response exceeds the gateway's time limit");

    harness.vendor_faults().clear();
    for request in &requests {
        let answer = harness.call(request).await;
        assert_eq!(answer.code(), 0, "{answer:?}");
    }
    // Delayed calls complete now.
    while harness.vendor_faults().in_flight() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let organizations = harness.stack.dropsuite.state_json()["organizations"].as_array().map(Vec::len);
    assert_eq!(organizations, Some(CALLS as usize));
    assert!(!harness.state().await["table"].to_string().contains(&json!("job").to_string()), "no job is left behind");
}
