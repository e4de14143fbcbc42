//! The billing dates of a trial that converts to paid.

use serde_json::json;

use crate::client::ARCHIVER;
use crate::portal::links::billing_dates::{PRORATED, changes, orders, periods, prorated};
use crate::portal::msp::bodies::{BLUE_LIGHT, archiver, link, order};
use crate::portal::msp::{CREATE_PLAN, LINK, Msp, RETRY, UPDATE};

#[tokio::test]
async fn a_conversion_that_is_continued_in_an_invoiced_period_is_billed_from_its_day() {
    let msp = Msp::billing().await.at("2031-06-02T12:00:00Z").await;
    msp.done(CREATE_PLAN, &archiver(json!({"trial": true}))).await;
    // June.
    msp.invoices(PRORATED).await;
    orders(&msp, prorated(json!({"plan": ARCHIVER, "startsOn": "today"}))).await;
    let msp = msp.at("2031-06-10T12:00:00Z").await;
    msp.faults(json!([{"method": "PATCH", "path": "*/additions/*", "times": 1, "drop": "before"}]));
    changes(&msp, UPDATE, json!({"company": BLUE_LIGHT, "trial": false})).await;
    msp.faults(json!([]));
    msp.done(RETRY, &json!({})).await;
    assert_eq!(periods(&msp), ["3 2031-06-02 to 2031-06-09 NoCharge", "3 2031-06-10 to -"]);
}

#[tokio::test]
async fn a_trial_that_is_not_in_effect_yet_is_billed_from_the_conversion() {
    let msp = Msp::billing().await;
    msp.done(CREATE_PLAN, &archiver(json!({"trial": true}))).await;
    orders(&msp, prorated(json!({"plan": ARCHIVER}))).await;
    assert_eq!(periods(&msp), ["3 2031-06-01 to - NoCharge"]);
    let msp = msp.at("2031-05-18T12:00:00Z").await;
    let organization = msp.list("links").await[0]["organization"].clone();
    let today = json!({"organization": organization, "agreement": PRORATED, "startsOn": "today"});
    changes(&msp, LINK, link(today)).await;
    let msp = msp.at("2031-05-20T12:00:00Z").await;
    changes(&msp, UPDATE, json!({"company": BLUE_LIGHT, "trial": false})).await;
    assert_eq!(periods(&msp), ["0 2031-06-01 to 2031-06-01 DoNotBill", "3 2031-05-20 to -"]);
}

#[tokio::test]
async fn a_conversion_whose_answer_is_lost_is_continued() {
    let msp = Msp::billing().await;
    msp.done(CREATE_PLAN, &archiver(json!({"trial": true}))).await;
    orders(&msp, order(json!({"plan": ARCHIVER}))).await;
    let msp = msp.at("2031-06-10T12:00:00Z").await;
    msp.faults(json!([{"method": "PATCH", "path": "*/additions/*", "times": 1, "drop": "after"}]));
    changes(&msp, UPDATE, json!({"company": BLUE_LIGHT, "trial": false})).await;
    msp.faults(json!([]));
    msp.done(RETRY, &json!({})).await;
    assert_eq!(periods(&msp), ["3 2031-06-01 to 2031-06-30 NoCharge", "3 2031-07-01 to -"]);
    assert_eq!(msp.row().await["state"], "synced");
}

#[tokio::test]
async fn a_converted_trial_is_billed_from_the_conversion() {
    for (sold_at, converted_at, expected) in [
        (
            "2031-06-02T12:00:00Z",
            "2031-06-10T12:00:00Z",
            vec!["3 2031-06-02 to 2031-06-09 NoCharge", "3 2031-06-10 to -"],
        ),
        ("2031-06-10T11:00:00Z", "2031-06-10T12:00:00Z", vec!["3 2031-06-10 to -"]),
    ] {
        let msp = Msp::billing().await.at(sold_at).await;
        msp.done(CREATE_PLAN, &archiver(json!({"trial": true}))).await;
        let sold = orders(&msp, prorated(json!({"plan": ARCHIVER, "startsOn": "today"}))).await;
        assert_eq!(sold["billing"], "A trial: nothing is charged.");
        let msp = msp.at(converted_at).await;
        changes(&msp, UPDATE, json!({"company": BLUE_LIGHT, "trial": false})).await;
        assert_eq!(periods(&msp), expected);
    }
}
