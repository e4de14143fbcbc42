//! Billing dates of a link: `startsOn`, `lastBilledMonth` and `creditsUnused`, and what ConnectWise gets of them.

use jiff::SignedDuration;
use jiff::civil::Date;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{merged, service};
use crate::portal::msp::bodies::{ACME, BLUE_BACKUP, BLUE_LIGHT, MANAGED, company, link, order, sells};
use crate::portal::msp::{ACTIVATE, LINK, Msp, ORDER, RETRY, UNSUBSCRIBE};

/// An agreement of [`BLUE_LIGHT`] that prorates, and is invoiced to the end of May.
pub const PRORATED: u32 = 105;

/// Returns an order that [`PRORATED`] bills, merged with `more`.
pub fn prorated(more: Value) -> Value {
    order(merged(json!({"agreement": PRORATED}), more))
}

/// Returns the additions as `quantity first day to last day`, in order of creation.
pub fn periods(msp: &Msp) -> Vec<String> {
    let day = |value: &Value| value.as_str().map_or("-".to_owned(), |text| text[..10].to_owned());
    let row = |row: &Value| {
        let billing = row["billCustomer"].as_str().unwrap();
        let billing = if billing == "Billable" { String::new() } else { format!(" {billing}") };
        format!("{} {} to {}{billing}", row["quantity"], day(&row["effectiveDate"]), day(&row["cancelledDate"]))
    };
    msp.additions().iter().map(row).collect()
}

/// Asserts that each day from the first billed one on is billed by one addition.
pub fn assert_billed_once(msp: &Msp) {
    let day = |value: &Value| value.as_str().map(|text| text[..10].parse::<Date>().unwrap());
    let billed = msp.additions().into_iter().filter(|row| row["billCustomer"] == "Billable");
    let mut spans: Vec<_> = billed
        .map(|row| (day(&row["effectiveDate"]).unwrap(), day(&row["cancelledDate"]).unwrap_or(Date::MAX)))
        .collect();
    spans.sort_unstable();
    for pair in spans.windows(2) {
        assert_eq!(pair[0].1.tomorrow().unwrap(), pair[1].0, "{spans:?}");
    }
}

pub async fn orders(msp: &Msp, body: Value) -> Value {
    let sold = msp.done(ORDER, &body).await;
    msp.wait_for_additions().await;
    sold
}

pub async fn changes(msp: &Msp, path: &str, body: Value) {
    msp.done(path, &body).await;
    msp.wait_for_additions().await;
}

#[tokio::test]
async fn a_sale_is_billed_from_today_if_the_link_says_so() {
    let msp = Msp::billing().await;
    let sold = orders(&msp, prorated(json!({"startsOn": "today"}))).await;
    let words = "3 units are invoiced from 2031-05-15. The agreement prorates, so the days of the first month are invoiced in part.";
    assert_eq!((&sold["billing"], sold.get("notice")), (&json!(words), None));
    assert_eq!(periods(&msp), ["3 2031-05-15 to -"]);
    let row = msp.row().await;
    assert!(row["billing"].as_str().unwrap().starts_with("3 units are invoiced from 2031-05-15."), "{row}");
    let listed = msp.list("links").await[0].clone();
    assert_eq!(
        [&listed["startsOn"], &listed["lastBilledMonth"], &listed["creditsUnused"]],
        [&json!("today"), &json!("this"), &json!(false)]
    );
    let before = (msp.writes().len(), msp.list("links").await);
    assert_eq!(msp.done(ORDER, &prorated(json!({"startsOn": "today"}))).await["billing"], words);
    msp.wait_for_additions().await;
    assert_eq!((msp.writes().len(), msp.list("links").await), before, "the same call twice has one effect");
    assert_eq!(msp.done(ORDER, &prorated(json!({}))).await["billing"], words, "what is not sent stays");
    assert_eq!(msp.list("links").await, before.1);
}

#[tokio::test]
async fn the_day_of_the_sale_counts_not_that_of_the_synchronization() {
    let msp = Msp::billing().await;
    msp.in_maintenance("/finance/agreements/*/additions");
    // The evening of the 15th in the MSP's time zone.
    let msp = msp.at("2031-05-16T03:00:00Z").await;
    orders(&msp, prorated(json!({"startsOn": "today"}))).await;
    msp.faults(json!([]));
    let later = msp.at("2031-05-20T12:00:00Z").await;
    assert_eq!(later.done(RETRY, &json!({})).await[0]["state"], "synced");
    assert_eq!(periods(&msp), ["3 2031-05-15 to -"]);
}

#[tokio::test]
async fn the_words_tell_the_day_that_the_agreement_allows() {
    let msp = Msp::billing().await;
    let sold = orders(&msp, order(json!({"startsOn": "today"}))).await;
    assert_eq!(
        sold["billing"], "3 units are invoiced from 2031-06-01.",
        "May is invoiced, and the agreement does not prorate"
    );
    assert!(sold["notice"].as_str().unwrap().contains("Nothing is billed from 2031-05-15 until then"), "{sold}");
    let acme = json!({"company": ACME, "agreement": MANAGED, "email": "ann@acme.example", "businessName": "Acme", "startsOn": "today"});
    let sold = orders(&msp, order(acme)).await;
    assert_eq!(
        sold["billing"],
        "3 units are invoiced from 2031-05-15. The agreement does not prorate, so ConnectWise invoices the first month in full."
    );
    assert_eq!(periods(&msp), ["3 2031-06-01 to -", "3 2031-05-15 to -"]);
    let silent = Msp::billing().await;
    silent.faults(json!([{"path": "*", "status": 503}]));
    let sold = silent.done(ORDER, &order(json!({}))).await;
    assert_eq!(
        sold["billing"],
        "3 units are invoiced from 2031-06-01, or later if the agreement is invoiced ahead or begins later."
    );
}

#[tokio::test]
async fn a_day_is_that_of_the_first_start_only() {
    let msp = Msp::billing().await;
    let sold = orders(&msp, prorated(json!({"startsOn": "2031-06-10"}))).await;
    assert!(sold["billing"].as_str().unwrap().starts_with("3 units are invoiced from 2031-06-10."), "{sold}");
    assert_eq!(periods(&msp), ["3 2031-06-10 to -"]);
    let msp = msp.at("2031-07-05T12:00:00Z").await;
    changes(&msp, UNSUBSCRIBE, company(BLUE_LIGHT)).await;
    assert_eq!(periods(&msp), ["3 2031-06-10 to 2031-07-31"]);
    // A sale after that day is billed from the next month.
    let msp = msp.at("2031-08-10T12:00:00Z").await;
    orders(&msp, prorated(json!({}))).await;
    assert_eq!(periods(&msp), ["3 2031-06-10 to 2031-07-31", "3 2031-09-01 to -"]);
}

#[tokio::test]
async fn a_linked_subscription_is_billed_from_a_day_before_the_link() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    let msp = msp.at("2031-06-10T12:00:00Z").await;
    let linked = msp.done(LINK, &link(json!({"agreement": PRORATED, "startsOn": "2031-06-01"}))).await;
    assert!(
        linked["billing"].as_str().unwrap().starts_with("5 units are invoiced from 2031-06-01. What is sold until"),
        "{linked}"
    );
    msp.wait_for_additions().await;
    assert_eq!(periods(&msp), ["5 2031-06-01 to -"]);
    // Without the members, a link has the guide's dates again.
    let linked = msp.done(LINK, &link(json!({"agreement": PRORATED}))).await;
    assert_eq!(linked["startsOn"], "nextMonth");
    let words = linked["billing"].as_str().unwrap();
    assert!(
        words.starts_with(
            "5 units are invoiced, since 2031-06-01. What is sold is invoiced from the first of the next month."
        ),
        "{words}"
    );
    assert!(
        words.ends_with(
            "The new dates apply to what is sold, changed or ended from now on; what was billed before stays as it is."
        ),
        "{words}"
    );
    msp.wait_for_additions().await;
    assert_eq!(periods(&msp), ["5 2031-06-01 to -"]);
}

#[tokio::test]
async fn a_customer_who_leaves_may_be_billed_for_one_more_month() {
    let next = json!({"lastBilledMonth": "next"});
    let msp = Msp::billing().await;
    orders(&msp, order(next.clone())).await;
    changes(&msp, UNSUBSCRIBE, company(BLUE_LIGHT)).await;
    assert_eq!(periods(&msp), ["0 2031-06-01 to 2031-06-01 DoNotBill"], "who leaves before the first billed day");
    assert_eq!(msp.row().await["billing"], "It is never invoiced.");

    let msp = Msp::billing().await;
    orders(&msp, order(next)).await;
    let msp = msp.at("2031-08-20T12:00:00Z").await;
    assert!(msp.row().await["billing"].as_str().unwrap().contains("to the end of the month after"));
    changes(&msp, UNSUBSCRIBE, company(BLUE_LIGHT)).await;
    assert_eq!(periods(&msp), ["3 2031-06-01 to 2031-09-30"]);
    assert_eq!(msp.row().await["billing"], "Invoiced from 2031-06-01 until 2031-09-30.");

    // Sold again: neither from today nor from next month are days of September billed again.
    for starts_on in ["today", "nextMonth"] {
        let again = orders(&msp, prorated(json!({"startsOn": starts_on}))).await;
        assert_eq!(again["billing"], "3 units are invoiced from 2031-10-01.", "{starts_on}");
        assert_billed_once(&msp);
        changes(&msp, UNSUBSCRIBE, company(BLUE_LIGHT)).await;
    }
    changes(&msp, ACTIVATE, company(BLUE_LIGHT)).await;
    assert_billed_once(&msp);
}

#[tokio::test]
async fn a_sale_counts_an_end_that_connectwise_has_not_got_yet() {
    let msp = Msp::billing().await;
    orders(&msp, prorated(json!({"lastBilledMonth": "next", "startsOn": "today"}))).await;
    let msp = msp.at("2031-06-20T12:00:00Z").await;
    msp.faults(json!([{"method": "PATCH", "path": "*", "status": 503}]));
    changes(&msp, UNSUBSCRIBE, company(BLUE_LIGHT)).await;
    assert_eq!(periods(&msp), ["3 2031-05-15 to -"]);
    // Another agreement, because one open addition of the product is not doubled.
    let again = orders(&msp, order(json!({}))).await;
    assert!(again["billing"].as_str().unwrap().contains("from 2031-08-01"), "{again}");
    msp.faults(json!([]));
    msp.done(RETRY, &json!({})).await;
    assert_eq!(periods(&msp), ["3 2031-05-15 to 2031-07-31", "3 2031-08-01 to -"]);
}

#[tokio::test]
async fn a_sale_in_another_agreement_counts_what_the_former_one_has_invoiced() {
    let msp = Msp::billing().await;
    orders(&msp, order(json!({"agreement": BLUE_BACKUP}))).await;
    // Invoiced to the end of August.
    for _ in 6..=8 {
        msp.invoices(BLUE_BACKUP).await;
    }
    let msp = msp.at("2031-06-10T12:00:00Z").await;
    msp.faults(json!([{"method": "PATCH", "path": "*/additions/*", "status": 503}]));
    changes(&msp, UNSUBSCRIBE, company(BLUE_LIGHT)).await;
    let sold = msp.done(ORDER, &prorated(json!({"startsOn": "today"}))).await;
    assert!(sold["billing"].as_str().unwrap().contains("or later"), "{sold}");
    msp.wait_for_additions().await;
    msp.faults(json!([]));
    msp.done(RETRY, &json!({})).await;
    assert_eq!(periods(&msp), ["3 2031-06-01 to 2031-08-31", "3 2031-09-01 to -"]);
}

#[tokio::test]
async fn dates_that_are_chosen_later_change_nothing_before() {
    let msp = Msp::billing().await;
    orders(&msp, order(json!({}))).await;
    let organization = msp.list("links").await[0]["organization"].clone();
    let msp = msp.at("2031-06-20T12:00:00Z").await;
    msp.in_maintenance("*");
    changes(&msp, UNSUBSCRIBE, company(BLUE_LIGHT)).await;
    msp.faults(json!([]));
    msp.bss.stack.clock.advance(SignedDuration::from_mins(1));
    let later = json!({"organization": organization, "lastBilledMonth": "next", "startsOn": "today"});
    changes(&msp, LINK, link(later)).await;
    msp.done(RETRY, &json!({})).await;
    assert_eq!(periods(&msp), ["3 2031-06-01 to 2031-06-30"], "who left before is billed as it was agreed then");
}

#[tokio::test]
async fn an_addition_that_is_created_again_follows_the_dates() {
    for (starts_on, expected) in [("nextMonth", "3 2031-08-01 to -"), ("today", "3 2031-07-10 to -")] {
        let msp = Msp::billing().await;
        orders(&msp, prorated(json!({"startsOn": starts_on}))).await;
        let msp = msp.at("2031-07-10T12:00:00Z").await;
        let (company, id) = (msp.list("links").await[0]["company"].clone(), msp.addition()["id"].clone());
        msp.deletes(PRORATED, &id).await;
        let finding = msp.audits().await["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|found| found["company"] == company)
            .cloned();
        let finding = finding.unwrap();
        assert_eq!(finding["fix"], "recreate", "{finding}");
        let applied = msp.done("audit/apply", &json!({"findings": [finding["id"]]})).await;
        assert_eq!(applied["results"][0]["outcome"], "done", "{applied}");
        assert_eq!(periods(&msp), [expected], "{starts_on}");
        assert!(!msp.audits().await["findings"].as_array().unwrap().iter().any(|found| found["company"] == company));
    }
}

#[tokio::test]
async fn a_period_that_a_deleted_addition_may_have_billed_is_not_billed_again() {
    let msp = Msp::billing().await;
    orders(&msp, prorated(json!({"startsOn": "today"}))).await;
    let msp = msp.at("2031-06-10T12:00:00Z").await;
    msp.deletes(PRORATED, &msp.addition()["id"].clone()).await;
    // If it was deleted before or after this invoice is not known any more.
    msp.invoices(PRORATED).await;
    msp.done(RETRY, &json!({"subscription": "20-1", "recreate": true})).await;
    assert_eq!(periods(&msp), ["3 2031-07-01 to -"], "June is invoiced");
}

#[tokio::test]
async fn dates_that_are_none_are_refused() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    for wrong in ["", "tomorrow", "2031-02-29", "2031-03-31", "2032-05-16", "2031-06-01T00:00:00Z"] {
        msp.invalid_fields(&["startsOn"], LINK, &link(json!({"startsOn": wrong}))).await;
        msp.invalid_fields(&["startsOn"], ORDER, &order(json!({"startsOn": wrong}))).await;
    }
    for wrong in [json!({"lastBilledMonth": "last"}), json!({"creditsUnused": "yes"}), json!({"startsOn": 5})] {
        let message = msp.refused(ErrorCode::BadRequest, LINK, &link(wrong.clone())).await;
        assert!(message.contains(wrong.as_object().unwrap().keys().next().unwrap()), "{message}");
        msp.refused(ErrorCode::BadRequest, ORDER, &order(wrong)).await;
    }
    assert_eq!(msp.list("links").await, json!([]));
    assert_eq!(msp.bss.organizations().len(), 1, "nothing was sold");
    // A sale that the vendor refuses leaves the dates as they are.
    msp.done(LINK, &link(json!({}))).await;
    orders(&msp, service_of_acme()).await;
    changes(&msp, UNSUBSCRIBE, company(ACME)).await;
    let before = msp.list("links").await;
    msp.bss.vendor_faults(json!([{"method": "PUT", "path": "*", "status": 422, "body": {"message": "no"}}]));
    let refused = merged(service_of_acme(), json!({"startsOn": "today", "seats": 4}));
    let (status, answer) = msp.post(ORDER, &refused).await;
    assert_ne!(status, 200, "{answer}");
    let dates = |links: &Value| {
        let all: Vec<_> = links.as_array().unwrap().iter().map(|link| link["startsOn"].clone()).collect();
        all
    };
    assert_eq!(dates(&msp.list("links").await), dates(&before));
}

/// Returns an order of the portal for [`ACME`].
fn service_of_acme() -> Value {
    order(json!({"company": ACME, "agreement": MANAGED, "email": "ann@acme.example", "businessName": "Acme"}))
}

#[tokio::test]
async fn a_bss_cancellation_is_billed_to_the_last_month_of_the_link() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({"lastBilledMonth": "next"}))).await;
    msp.wait_for_additions().await;
    let msp = msp.at("2031-08-31T12:00:00Z").await;
    msp.bss.done("subscriptions/cancel", &service(json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!(periods(&msp), ["5 2031-06-01 to 2031-09-30"]);
}
