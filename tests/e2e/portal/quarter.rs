//! A scripted quarter of one customer on the stack's clock: a start within a month, fewer seats, a customer who leaves in August
//! and returns in September. After each step, the additions in ConnectWise and the organization at the vendor.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::client::ORGANIZATION;
use crate::portal::msp::bodies::{BLUE_LIGHT, company, order};
use crate::portal::msp::{Msp, ORDER, UNSUBSCRIBE, UPDATE};

/// An agreement that prorates.
const PRORATED: u32 = 105;

/// The table so far.
struct Quarter {
    msp: Msp,
    rows: String,
}

impl Quarter {
    /// Goes on to noon of a day.
    async fn on(&mut self, day: &str) {
        self.msp = self.msp.at(&format!("{day}T16:00:00Z")).await;
    }

    /// Adds a row with what both systems have.
    async fn then(&mut self, day: &str, event: &str) {
        self.msp.wait_for_additions().await;
        let additions: Vec<_> = self.msp.additions().iter().map(addition).collect();
        let vendor = self.msp.bss.organization(ORGANIZATION, &json!({"customer_deactivated": 0, "seats_available": 0}));
        let state = if vendor["customer_deactivated"] == true { "unsubscribed" } else { "active" };
        let says: Vec<_> =
            self.msp.rows().await.iter().map(|row| row["billing"].as_str().unwrap().to_owned()).collect();
        writeln!(
            self.rows,
            "| {day} | {event} | {} | {state}, {} seats | {} |",
            additions.join("; "),
            vendor["seats_available"],
            says.join(" / ")
        )
        .unwrap();
    }
}

/// Returns an addition as `quantity from first day to last day (quantity on the last invoice)`.
fn addition(row: &Value) -> String {
    let day = |value: &Value| value.as_str().map_or("open", |text| &text[..10]).to_owned();
    let billed = row["billedQuantity"].as_f64().unwrap_or_default();
    format!(
        "{} from {} to {} (invoiced: {billed})",
        row["quantity"],
        day(&row["effectiveDate"]),
        day(&row["cancelledDate"])
    )
}

#[tokio::test]
async fn a_quarter_is_billed_as_the_link_says() {
    let mut quarter = Quarter { msp: Msp::billing().await, rows: String::new() };
    quarter.rows.push_str("| day | event | additions | vendor | `additions/list` |\n| --- | --- | --- | --- | --- |\n");
    quarter.on("2031-07-10").await;
    let sale = order(json!({
        "agreement": PRORATED, "startsOn": "today", "lastBilledMonth": "next", "creditsUnused": true,
    }));
    let sold = quarter.msp.done(ORDER, &sale).await;
    assert_eq!(
        sold["billing"],
        "3 units are invoiced from 2031-07-10. The agreement prorates, so the days of the first month are invoiced in part."
    );
    quarter.then("2031-07-10", "sale of 3 seats, `startsOn: today`").await;
    quarter.on("2031-07-20").await;
    quarter.msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    quarter.then("2031-07-20", "5 seats").await;
    quarter.on("2031-08-01").await;
    // June, July and August: the agreement was invoiced to the end of May.
    for _ in 6..=8 {
        quarter.msp.invoices(PRORATED).await;
    }
    quarter.then("2031-08-01", "ConnectWise invoices to the end of August").await;
    quarter.on("2031-08-12").await;
    quarter.msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 2})).await;
    quarter.then("2031-08-12", "2 seats").await;
    quarter.on("2031-08-20").await;
    quarter.msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    quarter.then("2031-08-20", "the customer leaves, `lastBilledMonth: next`").await;
    quarter.on("2031-09-01").await;
    quarter.msp.invoices(PRORATED).await;
    quarter.then("2031-09-01", "ConnectWise invoices September; the vendor invoices once more").await;
    quarter.on("2031-09-10").await;
    quarter.msp.done(ORDER, &sale).await;
    quarter.then("2031-09-10", "sale of 3 seats again, `startsOn: today`").await;
    println!("{}", quarter.rows);
    insta::assert_snapshot!(quarter.rows);
}
