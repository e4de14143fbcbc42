//! A vendor that hangs: the envelope leaves before the deadline all the same, and afterwards one retry is enough.
//!
//! `HANG_SECONDS=60 DEADLINE_SECONDS=25` are what production would see; by default both are shorter.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::time::{Duration, Instant};

use faults::request::{Request, dropsuite};
use faults::world::World;
use futures::future::join_all;
use sandbox::faults::Rule;
use serde_json::json;
use service_manager::vendor::VendorName;

const CALLS: u32 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn answers_leave_in_time_when_nothing_is_answered() {
    hang(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_leave_in_time_when_changes_are_not_answered() {
    hang(Some("POST")).await;
}

async fn hang(method: Option<&str>) {
    let seconds = |name: &str, default: u64| {
        let set = std::env::var(name).ok().and_then(|text| text.parse().ok());
        Duration::from_secs(set.unwrap_or(default))
    };
    let (hangs, deadline) = (seconds("HANG_SECONDS", 12), seconds("DEADLINE_SECONDS", 5));
    let world = World::new(VendorName::Dropsuite, deadline).await.unwrap();
    let delay_ms = u64::try_from(hangs.as_millis()).ok();
    let rule = Rule { path: "*".to_owned(), method: method.map(str::to_owned), delay_ms, ..Rule::default() };
    world.vendor_faults().set(vec![rule]);
    let requests: Vec<Request> = (1..=CALLS).map(dropsuite::synchronize).collect();
    let answers = join_all(requests.iter().map(async |request| {
        let started = Instant::now();
        let answer = world.call(request).await;
        assert!(answer.asks_for_retry(), "{answer:?}");
        started.elapsed()
    }))
    .await;
    let slowest = answers.into_iter().max().unwrap_or_default();
    println!(
        "{CALLS} calls, the vendor hangs for {hangs:?}: the slowest answer after {:.2} of the deadline of {deadline:?}",
        slowest.as_secs_f64() / deadline.as_secs_f64(),
    );
    assert!(slowest <= deadline, "the deadline is a promise to the gateway");

    world.vendor_faults().clear();
    for request in &requests {
        let answer = world.call(request).await;
        assert_eq!(answer.code(), 0, "{answer:?}");
    }
    // Whatever was still on its way arrives now, late.
    while world.vendor_faults().in_flight() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let organizations = world.stack.dropsuite.state_json()["organizations"].as_array().map(Vec::len);
    assert_eq!(organizations, Some(CALLS as usize));
    assert!(!world.holds()["table"].to_string().contains(&json!("work").to_string()), "no work is left behind");
}
