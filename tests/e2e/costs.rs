//! The cost of a call of the BSS: calls and units of the table, and calls of the vendor. `docs/reference/costs.md` has the
//! table, so that a call more must be written down there.

use std::fmt::Write;

use sandbox::dynamodb::Consumed;
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::vendor::VendorName;

use crate::client::{Bss, account, addon, known_service, service};
use crate::dropbox::demo;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/costs.md");

/// Rows of the table so far, for one vendor.
struct Costs {
    bss: Bss,
    rows: String,
}

impl Costs {
    async fn of(vendor: VendorName) -> Self {
        // An engine of another maker may not tell the units.
        let bss = Bss::start_with(Options { vendor, dynamodb: None, ..Options::from_env() }).await;
        bss.stack.dynamodb.meter();
        Self { bss, rows: String::new() }
    }

    /// Makes a call that must succeed, and adds its row.
    async fn add(&mut self, call: &str, path: &str, body: &Value) {
        let before = self.vendor_calls();
        let (status, answer) = self.bss.post(path, body).await;
        assert!(status == 200 && answer["Code"].as_i64() >= Some(0), "{path}: {answer}");
        let consumed = self.bss.stack.dynamodb.consumed();
        let of = |units: fn(&Consumed) -> f64| {
            let calls = consumed.iter().map(units).filter(|units| *units > 0.0);
            (calls.clone().count(), calls.fold(0.0, |sum, units| sum + units))
        };
        let ((reads, read_units), (writes, write_units)) = (of(|one| one.reads), of(|one| one.writes));
        assert_eq!(reads + writes, consumed.len(), "each operation consumes something: {consumed:?}");
        let vendor = self.vendor_calls() - before;
        writeln!(self.rows, "| `{path}` | {call} | {reads} | {read_units} | {writes} | {write_units} | {vendor} |")
            .unwrap();
    }

    fn vendor_calls(&self) -> usize {
        self.bss.stack.dropsuite.calls().len() + self.bss.stack.dropbox.calls().len()
    }

    /// Compares the rows with those below the vendor's heading in the page.
    fn assert_documented(&self, vendor: &str) {
        let page = std::fs::read_to_string(PAGE).unwrap();
        let section = page.split("\n## ").find_map(|section| section.strip_prefix(vendor)).unwrap();
        let documented: Vec<_> = section.lines().filter(|line| line.starts_with("| `")).collect();
        assert_eq!(documented, self.rows.lines().collect::<Vec<_>>(), "{vendor} costs:\n{}", self.rows);
    }
}

#[tokio::test]
async fn calls_for_dropsuite_cost_what_the_page_says() {
    let mut costs = Costs::of(VendorName::Dropsuite).await;
    let known = |seats| known_service(seats, json!({}));
    costs.add("new customer", "accounts/exists", &account(json!({}))).await;
    costs.add("first", "accounts/synchronize", &account(json!({}))).await;
    costs.add("repeated", "accounts/synchronize", &account(json!({}))).await;
    costs.add("known customer", "accounts/exists", &account(json!({}))).await;
    costs.add("first", "subscriptions/create", &service(json!({}))).await;
    costs.add("repeated", "subscriptions/create", &service(json!({}))).await;
    costs.add("more seats", "subscriptions/update", &known(8)).await;
    costs.add("repeated", "subscriptions/update", &known(8)).await;
    let extra = known_service(8, json!({"Addons": addon("extra-seats", 2, "Provision")}));
    costs.add("first", "addons/create", &extra).await;
    costs.add("repeated", "addons/create", &extra).await;
    for path in ["subscriptions/suspend", "subscriptions/activate", "subscriptions/cancel"] {
        costs.add("first", path, &known(8)).await;
        costs.add("repeated", path, &known(8)).await;
    }
    costs.add("first", "accounts/delete", &account(json!({}))).await;
    costs.add("repeated", "accounts/delete", &account(json!({}))).await;
    costs.assert_documented("Dropsuite");
}

#[tokio::test]
async fn calls_for_dropbox_cost_what_the_page_says() {
    let mut costs = Costs::of(VendorName::Dropbox).await;
    let more = demo::known(demo::STANDARD, 8, json!({}));
    costs.add("first", demo::SYNCHRONIZE, &demo::account(json!({}))).await;
    costs.add("repeated", demo::SYNCHRONIZE, &demo::account(json!({}))).await;
    costs.add("first", demo::CREATE, &demo::order(demo::STANDARD, 3, json!({}))).await;
    costs.add("repeated", demo::CREATE, &demo::order(demo::STANDARD, 3, json!({}))).await;
    costs.add("more licences", demo::UPDATE, &more).await;
    costs.add("repeated", demo::UPDATE, &more).await;
    costs.add("first", demo::CANCEL, &more).await;
    costs.add("repeated", demo::CANCEL, &more).await;
    costs.assert_documented("Dropbox");
}
