//! A call costs the same however many accounts the table has. `ACCOUNTS=100000` sets their number.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use sandbox::background;
use sandbox::dropsuite::Backups;
use sandbox::dynamodb::Consumed;
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::workers::tickets;

use crate::client::{Bss, ORGANIZATION, account, known_service, service};
use crate::portal::msp::bodies::{order, plan};
use crate::portal::msp::{CREATE_PLAN, Msp, ORDER};

/// Number of accounts of the comparison.
const FEW: usize = 100;

/// Number of calls of each kind.
const CALLS: u32 = 20;

/// The read and write units of a kind of call, the same for each of its calls, and the median of their times.
type Cost = ((f64, f64), Duration);

#[tokio::test]
async fn a_call_costs_the_same_however_many_accounts_there_are() {
    let many: usize = std::env::var("ACCOUNTS").ok().and_then(|text| text.parse().ok()).unwrap_or(10 * FEW);
    // An engine of another maker may not tell the units.
    let options = Options { dynamodb: None, ..Options::from_env() };
    let msp = Msp::on(Bss::start_with(options).await).with_new_session().await;
    msp.set_up_connectwise().await;
    msp.bss.stack.dynamodb.stop_stream(&msp.bss.stack.table).await.unwrap();
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp.bss.done("accounts/synchronize", &account(json!({}))).await;
    msp.bss.done("subscriptions/create", &service(json!({}))).await;
    let is_of_customer = |item: &&Value| {
        let key = item["pk"].to_string() + &item["sk"].to_string();
        [ORGANIZATION, "#1001", "#S1"].iter().any(|id| key.contains(id))
    };
    let items: Vec<_> = msp.bss.table().await.iter().filter(is_of_customer).map(Value::to_string).collect();
    assert!(items.len() > 2, "{items:?}");
    msp.done(ORDER, &order(json!({}))).await;
    let sold = msp.bss.organizations()[1]["id"].as_str().unwrap().to_owned();
    let failing = failing_action(&msp, &sold).await;
    msp.bss.stack.dynamodb.meter();
    add(&msp, &items, 0..FEW).await;
    let few = costs(&msp, &failing).await;
    add(&msp, &items, FEW..many).await;
    for (call, (units, time)) in costs(&msp, &failing).await {
        let (few_units, few_time) = few[call];
        let ratio = time.as_secs_f64() / few_time.as_secs_f64();
        println!(
            "{call}: {units:?} read and write units, {ratio:.2} of the time, with {many} accounts instead of {FEW}"
        );
        assert_eq!(units, few_units, "{call}");
    }
}

/// Lets a backup fail until it has a ticket. Returns the keys of its action.
async fn failing_action(msp: &Msp, organization: &str) -> Value {
    let stack = &msp.bss.stack;
    stack.dropsuite.add_mailboxes(organization, 1).unwrap();
    let backups = Backups { status: "Space Full".to_owned(), errors: json!("full"), mailboxes: None };
    stack.dropsuite.set_backups(organization, &backups).unwrap();
    while !msp.bss.table().await.iter().any(|item| item["sk"]["S"] == "action") {
        stack.clock.advance(jiff::SignedDuration::from_hours(1));
        background::monitor(&stack.app).await.unwrap();
        background::check(&stack.app, &stack.queues).await.unwrap();
    }
    let table = msp.bss.table().await;
    let action = table.iter().find(|item| item["sk"]["S"] == "action").unwrap();
    json!({"pk": action["pk"], "sk": action["sk"]})
}

/// Adds copies of a customer's items to the table, with ids of their own.
async fn add(msp: &Msp, items: &[String], numbers: Range<usize>) {
    let copies: Vec<Value> = numbers
        .flat_map(|number| {
            let id = 1_000_000 + number;
            items.iter().map(move |item| {
                let text = item
                    .replace(ORGANIZATION, &format!("{id}-6"))
                    .replace("1001", &id.to_string())
                    .replace("S1", &format!("S{id}"));
                serde_json::from_str(&text).unwrap()
            })
        })
        .collect();
    msp.bss.stack.dynamodb.fill(&msp.bss.stack.table, &copies).await.unwrap();
}

async fn costs(msp: &Msp, failing: &Value) -> BTreeMap<&'static str, Cost> {
    let stack = &msp.bss.stack;
    let mut all: BTreeMap<&'static str, Vec<Cost>> = BTreeMap::new();
    for number in 0..CALLS {
        for call in ["account that exists", "seats of a subscription", "event of a ticket"] {
            stack.dynamodb.consumed();
            let started = Instant::now();
            match call {
                "account that exists" => {
                    msp.bss.post("accounts/exists", &account(json!({}))).await;
                }
                "seats of a subscription" => {
                    msp.bss.done("subscriptions/update", &known_service(6 + number % 2, json!({}))).await;
                }
                _ => {
                    let event = serde_json::from_value(event(failing)).unwrap();
                    let run = format!("ticket-{number}");
                    tickets::consume(&stack.app, &event, &run, Duration::from_mins(1)).await;
                }
            }
            let time = started.elapsed();
            let units = stack
                .dynamodb
                .consumed()
                .iter()
                .fold((0.0, 0.0), |(reads, writes), one: &Consumed| (reads + one.reads, writes + one.writes));
            all.entry(call).or_default().push((units, time));
        }
    }
    all.into_iter().map(|(call, costs)| (call, settled(costs))).collect()
}

/// Returns the cost of the calls after the first, which may differ.
fn settled(mut costs: Vec<Cost>) -> Cost {
    costs.remove(0);
    let units = costs[0].0;
    assert!(costs.iter().all(|cost| cost.0 == units), "{costs:?}");
    let mut times: Vec<_> = costs.into_iter().map(|cost| cost.1).collect();
    times.sort_unstable();
    (units, times[times.len() / 2])
}

fn event(keys: &Value) -> Value {
    json!({"Records": [{"eventID": "1", "eventName": "MODIFY", "dynamodb": {"Keys": keys, "SequenceNumber": "1"}}]})
}
