//! Replayed stream events of subscription changes: each real change is written to ConnectWise once, within the rate
//! limit. The defaults are small. `TENANTS=100 CHANGES=10` makes 1,000 changes of 100 organizations, and `LIMIT` is the
//! number of requests per minute that the consumer may make.

use std::collections::BTreeMap;

use faults::harness::Harness;
use faults::parallel;
use faults::request::connectwise::{link, plan};
use faults::request::dropsuite::{ARCHIVER, service, synchronize};
use jiff::SignedDuration;
use sandbox::call_log::Call;
use sandbox::connectwise::Settings;
use sandbox::stack::Options;
use serde_json::json;

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_one_write_despite_duplicate_events() {
    let _turn = parallel::turn().await;
    let (tenants, changes, limit) = (number("TENANTS", 10), number("CHANGES", 5), number("LIMIT", 6000));
    let options =
        Options { stream: true, connectwise_requests_per_minute: limit.try_into().ok(), ..Options::from_env() };
    let harness = Harness::with(options).await.unwrap();
    harness.stack.connectwise.set_settings(Settings { requests_per_minute: None, ..Settings::default() });
    harness.set_up_connectwise().await;
    for request in [plan("Backup", "backup", 2), plan("Archive", "archive", 5)] {
        harness.done(request.path, request.body).await;
    }
    for tenant in 1..=tenants {
        for request in [synchronize(tenant), link(tenant, 20, 104)] {
            harness.done(request.path, request.body).await;
        }
    }
    let before = harness.stack.connectwise.calls().len();
    let mut kinds: BTreeMap<&str, (usize, Vec<Call>)> = BTreeMap::new();
    for change in 0..changes {
        let seats = 3 + change;
        let (kind, path, more) = match change {
            0 => ("a new subscription", "subscriptions/create", json!({})),
            // Two plans with the same price are different products.
            _ if change + 2 == changes => {
                ("another plan", "subscriptions/update", json!({"AttributeList": {"plan": {"Code": ARCHIVER}}}))
            }
            _ if change + 1 == changes => ("the end", "subscriptions/cancel", json!({})),
            _ => ("other seats", "subscriptions/update", json!({})),
        };
        let from = harness.stack.connectwise.calls().len();
        for tenant in 1..=tenants {
            let request = service(path, tenant, seats, &more);
            harness.done(request.path, request.body).await;
        }
        wait_until_drained(&harness).await;
        let calls = harness.stack.connectwise.calls().split_off(from);
        let (count, of_kind) = kinds.entry(kind).or_default();
        *count += usize::try_from(tenants).unwrap();
        of_kind.extend(calls);
    }
    let written = writes(&harness.stack.connectwise.calls()[before..]);
    let asked = harness.stack.connectwise.calls().len();
    for _ in 0..3 {
        assert!(harness.stack.additions.as_ref().unwrap().replay().await);
    }
    let replayed = harness.stack.connectwise.calls().len() - asked;
    println!("{} changes of {tenants} organizations, each delivered four times", changes * tenants);
    println!("{written} writes to ConnectWise, {replayed} calls for the three replays");
    println!(
        "at most {} requests in any minute, of {limit} that are allowed",
        busiest(&harness.stack.connectwise.calls())
    );
    println!("{:<20} {:>8} {:>8}", "calls for a change", "reads", "writes");
    for (kind, (count, calls)) in &kinds {
        let writes = writes(calls);
        println!("{kind:<20} {:>8.2} {:>8.2}", ratio(calls.len() - writes, *count), ratio(writes, *count));
    }
    assert_eq!(written, usize::try_from(changes * tenants).unwrap());
    assert_eq!(replayed, 0);
    assert!(busiest(&harness.stack.connectwise.calls()) <= usize::try_from(limit).unwrap());
    assert_eq!(harness.stack.queues.messages("connectwise-dead-letters").len(), 0);
}

async fn wait_until_drained(harness: &Harness) {
    let mut tries = 0;
    while !harness.stack.additions.as_ref().unwrap().drained().await {
        tries += 1;
        assert!(tries < 60, "the stream is not processed in time");
    }
}

fn writes(calls: &[Call]) -> usize {
    calls.iter().filter(|call| call.method != "GET").count()
}

fn ratio(count: usize, of: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / f64::from(u32::try_from(of).unwrap())
}

/// Returns the maximum number of calls in any minute.
fn busiest(calls: &[Call]) -> usize {
    let mut moments: Vec<_> = calls.iter().map(|call| call.at).collect();
    moments.sort_unstable();
    let in_minute = |from: usize| {
        let end = moments[from].checked_add(SignedDuration::from_mins(1)).unwrap();
        moments.partition_point(|moment| *moment < end) - from
    };
    (0..moments.len()).map(in_minute).max().unwrap_or(0)
}
