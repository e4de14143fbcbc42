//! A scripted quarter on the stack's clock: a trial of each kind, a start within a month, fewer seats, a customer who leaves in
//! August and returns in September. After each step, the additions in ConnectWise and the organization at the vendor. At its
//! end, the history.
//!
//! Each request is sent twice and each look at the ends of trials is made twice. The second one has no effect. Renewals are in
//! `dropbox/quarter.rs`, because only Dropbox sells terms.

use std::fmt::Write;

use reqwest::Method;
use serde_json::{Value, json};
use service_manager::domain::role::Role;
use service_manager::provisioning::renewals::Report;

use crate::client::{ARCHIVER, BACKUP, BACKUP_YEARLY};
use crate::dropbox::renewals::NOTHING;
use crate::portal::msp::bodies::{BLUE_LIGHT, archiver, company, order, plan};
use crate::portal::msp::{CREATE_PLAN, Msp, ORDER, UNSUBSCRIBE, UPDATE};

/// An agreement that prorates.
const PRORATED: u32 = 105;

/// Start of the quarter.
const START: &str = "2031-07-01";

/// Result of the look 7 days before the end of three trials.
const THREE_NOTICES: Report = Report { noticed: 3, ..NOTHING };

/// Result of the look at the end of three trials, one of each kind.
const THREE_ENDS: Report = Report { noticed: 3, ended: 1, converted: 1, stuck: 0 };

/// A name, and a company in ConnectWise.
type Customer = (&'static str, u32);

const BLUE: Customer = ("Blue Light", BLUE_LIGHT);

/// The table so far.
struct Quarter {
    msp: Msp,
    day: String,
    rows: String,
    /// Number of requests and looks that were repeated.
    repeated: u32,
}

impl Quarter {
    /// Returns the quarter of an MSP that has set up its ConnectWise in May.
    async fn new() -> Self {
        let rows = "| day | customer | event | additions | vendor | `additions/list` |\n| --- | --- | --- | --- | --- | --- |\n";
        Self { msp: Msp::set_up().await, day: String::new(), rows: rows.to_owned(), repeated: 0 }
    }

    /// Advances the clock to noon of a day, signs a person in, and looks at the ends of trials, which has this result.
    async fn on(&mut self, day: &str, looked: Report) {
        day.clone_into(&mut self.day);
        self.msp = self.msp.at(&format!("{day}T16:00:00Z")).await.person("zoe", Role::Billing).await;
        assert_eq!(self.msp.bss.look_at_renewals().await, looked, "{day}");
        let before = self.effects().await;
        assert_eq!(self.msp.bss.look_at_renewals().await, NOTHING, "{day}, again");
        self.assert_no_effect_since(before, "a look").await;
    }

    /// Sends a request, and then again, as a caller does who has lost the answer. Returns the answer.
    async fn done(&mut self, path: &str, body: &Value) -> Value {
        let answer = self.msp.done(path, body).await;
        let before = self.effects().await;
        self.msp.done(path, body).await;
        self.assert_no_effect_since(before, path).await;
        answer
    }

    /// Returns the state that a request may change: the history, the additions, and the changes sent to the vendor.
    async fn effects(&self) -> (Vec<Value>, Vec<Value>, Vec<String>) {
        self.msp.wait_for_additions().await;
        (self.history().await, self.msp.additions(), self.msp.bss.writes())
    }

    async fn assert_no_effect_since(&mut self, before: (Vec<Value>, Vec<Value>, Vec<String>), repeated: &str) {
        assert_eq!(self.effects().await, before, "{}: {repeated}, again", self.day);
        self.repeated += 1;
    }

    /// Sells a new customer a trial of three seats, which is billed by an agreement that prorates.
    async fn sells_trial(&mut self, name: &'static str, plan: &str) -> Customer {
        let (company, agreement) = self.msp.adds_company(name).await;
        let prorates = json!([{"op": "replace", "path": "prorateFlag", "value": true}]);
        self.msp.as_person(Method::PATCH, &format!("finance/agreements/{agreement}"), &prorates).await;
        let trial = order(json!({
            "company": company, "agreement": agreement, "plan": plan, "trial": true, "startsOn": "today",
            "email": format!("it@{}.example", name.to_lowercase()), "businessName": name,
        }));
        let sold = self.done(ORDER, &trial).await;
        assert_eq!((&sold["trial"], &sold["billing"]), (&json!(true), &json!("A trial: nothing is charged.")));
        self.then((name, company), "sale of a trial of 3 seats, `startsOn: today`").await;
        (name, company)
    }

    /// Adds a row with what both systems have of a customer.
    async fn then(&mut self, (name, company): Customer, event: &str) {
        self.msp.wait_for_additions().await;
        let links = self.msp.list("links").await;
        let link = links.as_array().unwrap().iter().find(|link| link["company"] == company).unwrap();
        let all = self.msp.additions();
        let own: Vec<_> = all.iter().filter(|row| row["agreementId"] == link["agreement"]).map(addition).collect();
        let organization = link["organization"].as_str().unwrap();
        let vendor = self.msp.bss.organization(organization, &json!({"customer_deactivated": 0, "seats_available": 0}));
        let state = if vendor["customer_deactivated"] == true { "unsubscribed" } else { "active" };
        let rows = self.msp.rows().await;
        let says: Vec<_> = rows
            .iter()
            .filter(|row| row["company"] == company)
            .map(|row| row["billing"].as_str().unwrap().to_owned())
            .collect();
        writeln!(
            self.rows,
            "| {} | {name} | {event} | {} | {state}, {} seats | {} |",
            self.day,
            own.join("; "),
            vendor["seats_available"],
            says.join(" / ")
        )
        .unwrap();
    }

    /// Returns the history, the latest entry first, from all of its pages.
    async fn history(&self) -> Vec<Value> {
        let pages = self.msp.pages_of("history/list", 5).await;
        pages.iter().flat_map(|page| page["history"].as_array().unwrap()).cloned().collect()
    }

    /// Returns the entries of the quarter as a table, the oldest first, and their number.
    async fn trail(&self) -> (String, usize) {
        let history = self.history().await;
        assert_eq!(self.msp.get("history/list").await, json!({"history": history}), "one page has all of them as well");
        let entries: Vec<_> = history.iter().rev().filter(|entry| entry["at"].as_str().unwrap() >= START).collect();
        let mut table =
            "| day | by | channel | action | object | from | to |\n| --- | --- | --- | --- | --- | --- | --- |\n"
                .to_owned();
        for entry in &entries {
            let text = |name: &str| entry[name].as_str().unwrap_or("-");
            let cells = ["by", "channel", "action", "object", "from", "to"].map(text).join(" | ");
            writeln!(table, "| {} | {cells} |", &text("at")[..10]).unwrap();
        }
        let application = self.msp.id().as_application_id().to_string();
        (table.replace(&application, "[application]"), entries.len())
    }
}

/// Returns an addition as `quantity from first day to last day (quantity on the last invoice)`.
fn addition(row: &Value) -> String {
    let day = |value: &Value| value.as_str().map_or("open", |text| &text[..10]).to_owned();
    let billed = row["billedQuantity"].as_f64().unwrap_or_default();
    let billing = row["billCustomer"].as_str().unwrap();
    let billing = if billing == "Billable" { String::new() } else { format!(" {billing}") };
    format!(
        "{}{billing} from {} to {} (invoiced: {billed})",
        row["quantity"],
        day(&row["effectiveDate"]),
        day(&row["cancelledDate"])
    )
}

#[tokio::test]
async fn a_quarter_is_billed_as_the_link_says() {
    let mut quarter = Quarter::new().await;
    quarter.on(START, NOTHING).await;
    quarter.done(CREATE_PLAN, &archiver(json!({"trialEnd": "ask"}))).await;
    quarter.done(CREATE_PLAN, &plan(json!({"trialEnd": "convert"}))).await;
    let yearly = json!({"name": "Yearly Backup", "periodicity": "yearly", "price": 36, "trialEnd": "end"});
    quarter.done(CREATE_PLAN, &plan(yearly)).await;
    let asked = quarter.sells_trial("Cedar", ARCHIVER).await;
    let converted = quarter.sells_trial("Maple", BACKUP).await;
    let ended = quarter.sells_trial("Willow", BACKUP_YEARLY).await;
    quarter.on("2031-07-10", THREE_NOTICES).await;
    let sale = order(json!({
        "agreement": PRORATED, "startsOn": "today", "lastBilledMonth": "next", "creditsUnused": true,
    }));
    let sold = quarter.done(ORDER, &sale).await;
    assert_eq!(
        sold["billing"],
        "3 units are invoiced from 2031-07-10. The agreement prorates, so the days of the first month are invoiced in part."
    );
    quarter.then(BLUE, "sale of 3 seats, `startsOn: today`").await;
    quarter.on("2031-07-16", THREE_ENDS).await;
    quarter.then(asked, "the trial has ended, `trialEnd: ask`").await;
    quarter.then(converted, "the trial has ended, `trialEnd: convert`").await;
    quarter.then(ended, "the trial has ended, `trialEnd: end`").await;
    quarter.on("2031-07-20", NOTHING).await;
    quarter.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    quarter.then(BLUE, "5 seats").await;
    quarter.on("2031-07-25", NOTHING).await;
    quarter.done(UPDATE, &json!({"company": asked.1, "trial": false})).await;
    quarter.then(asked, "a person converts the trial").await;
    quarter.on("2031-08-01", NOTHING).await;
    // June, July and August: the agreement was invoiced to the end of May.
    for _ in 6..=8 {
        quarter.msp.invoices(PRORATED).await;
    }
    quarter.then(BLUE, "ConnectWise invoices to the end of August").await;
    quarter.on("2031-08-12", NOTHING).await;
    quarter.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 2})).await;
    quarter.then(BLUE, "2 seats").await;
    quarter.on("2031-08-20", NOTHING).await;
    quarter.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    quarter.then(BLUE, "the customer leaves, `lastBilledMonth: next`").await;
    quarter.on("2031-09-01", NOTHING).await;
    quarter.msp.invoices(PRORATED).await;
    quarter.then(BLUE, "ConnectWise invoices September; the vendor invoices once more").await;
    quarter.on("2031-09-10", NOTHING).await;
    quarter.done(ORDER, &sale).await;
    quarter.then(BLUE, "sale of 3 seats again, `startsOn: today`").await;
    let (trail, entries) = quarter.trail().await;
    println!("{}\n{trail}", quarter.rows);
    println!("{entries} entries; {} requests and looks were repeated, and added none", quarter.repeated);
    insta::assert_snapshot!(quarter.rows);
    insta::assert_snapshot!("a_quarter_has_an_audit_trail", trail);
}
