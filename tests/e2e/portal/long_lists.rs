//! A page of a long list costs what a page of a short one costs. `ROWS=10000` sets the length of the long list.

use std::ops::Range;

use conformance::portal::consume;
use sandbox::stack::Options;
use serde_json::{Value, json};

use crate::client::{Bss, is_history};
use crate::portal::msp::bodies::{order, plan};
use crate::portal::msp::{CREATE_PLAN, Msp, ORDER};

/// Number of rows in a page.
const PAGE: usize = 100;

/// Lists, and the members of their answers that have the rows.
const LISTS: [&str; 2] = ["additions", "links"];

#[tokio::test]
async fn a_page_costs_the_same_however_long_its_list_is() {
    let rows: usize = std::env::var("ROWS").ok().and_then(|text| text.parse().ok()).unwrap_or(3 * PAGE);
    // An engine of another maker may not tell the units.
    let options = Options { dynamodb: None, ..Options::from_env() };
    let msp = Msp::on(Bss::start_with(options).await).with_new_session().await;
    msp.set_up_connectwise().await;
    msp.bss.stack.dynamodb.stop_stream(&msp.bss.stack.table).await.unwrap();
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp.done(ORDER, &order(json!({}))).await;
    bill(&msp).await;
    let table = msp.bss.table().await;
    let records = table.iter().filter(|item| !is_history(item));
    let sale: Vec<_> = records.map(Value::to_string).filter(|item| is_of_sale(item)).collect();
    msp.bss.stack.dynamodb.meter();
    sell(&msp, &sale, 1..PAGE).await;
    let short = [units_of_pages(&msp, LISTS[0]).await, units_of_pages(&msp, LISTS[1]).await];
    sell(&msp, &sale, PAGE..rows).await;
    for (list, short) in LISTS.into_iter().zip(short) {
        let long = units_of_pages(&msp, list).await;
        println!("{list}: {:?} read units for the page of {PAGE} rows, {long:?} for those of {rows}", short[0]);
        assert!(long.iter().all(|units| *units <= short[0]), "{list}: {long:?} instead of {}", short[0]);
    }
}

/// Delivers the stream's record of the sale. No other one is delivered, so that nothing else reads the table.
async fn bill(msp: &Msp) {
    let table = msp.bss.table().await;
    let sold = table.iter().find(|item| item["sk"]["S"] == "subscription").unwrap();
    let keys = json!({"pk": sold["pk"], "sk": sold["sk"]});
    let event = json!({"Records": [{"eventID": "1", "eventName": "INSERT", "dynamodb": {"Keys": keys, "SequenceNumber": "1"}}]});
    consume(&msp.bss.stack, event, "bill").await.unwrap();
}

/// Returns `true` for an item of the only sale of the table.
fn is_of_sale(item: &str) -> bool {
    ["20-1", "#account#20\"", "/20\"", "440032-6"].iter().any(|id| item.contains(id))
}

/// Adds copies of the sale to the table, with ids of their own.
async fn sell(msp: &Msp, sale: &[String], numbers: Range<usize>) {
    let copy = |item: &String, number: usize| {
        let id = 100_000 + number;
        let text = item
            .replace("20-1", &format!("{id}-1"))
            .replace("#account#20\"", &format!("#account#{id}\""))
            .replace("{\"S\":\"20\"}", &format!("{{\"S\":\"{id}\"}}"))
            .replace("/20\"", &format!("/{id}\""))
            .replace("/20/", &format!("/{id}/"))
            .replace("440032-6", &format!("{id}-6"))
            .replace("104/501", &format!("104/{id}"));
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let items: Vec<_> = numbers.flat_map(|number| sale.iter().map(move |item| copy(item, number))).collect();
    msp.bss.stack.dynamodb.fill(&msp.bss.stack.table, &items).await.unwrap();
}

/// Returns the read units of each page of a list. All rows must be different, and all pages full but the last one.
async fn units_of_pages(msp: &Msp, list: &str) -> Vec<f64> {
    let (mut units, mut accounts, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        msp.bss.stack.dynamodb.consumed();
        let page = msp.get(&format!("{list}/list?limit={PAGE}{after}")).await;
        units.push(msp.bss.stack.dynamodb.consumed().iter().fold(0.0, |sum, one| sum + one.reads));
        let rows = page[list].as_array().unwrap();
        accounts.extend(rows.iter().map(|row| row["account"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        assert_eq!(rows.len(), PAGE, "{list}: the page before {next} is full");
        after = format!("&after={next}");
    }
    let read = accounts.len();
    accounts.sort();
    accounts.dedup();
    assert_eq!(accounts.len(), read, "{list}: a row is on two pages");
    units
}
