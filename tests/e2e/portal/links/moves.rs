//! The billing dates of a link that moves to another agreement.

use reqwest::Method;
use serde_json::json;

use crate::client::merged;
use crate::portal::links::billing_dates::{PRORATED, assert_billed_once, changes, orders, periods, prorated};
use crate::portal::msp::bodies::{BLUE_LIGHT, company, link, order};
use crate::portal::msp::{LINK, Msp, UNSUBSCRIBE};

#[tokio::test]
async fn a_move_between_agreements_bills_each_day_once() {
    for (dates, expected) in [
        (json!({}), ["3 2031-06-01 to 2031-06-30", "3 2031-07-01 to -"]),
        (json!({"startsOn": "today"}), ["3 2031-06-01 to 2031-06-30", "3 2031-07-01 to -"]),
        (json!({"startsOn": "today", "creditsUnused": true}), ["3 2031-06-01 to 2031-06-20", "3 2031-06-21 to -"]),
        (json!({"creditsUnused": true}), ["3 2031-06-01 to 2031-06-30", "3 2031-07-01 to -"]),
        (
            json!({"startsOn": "2031-08-10", "lastBilledMonth": "next"}),
            ["3 2031-06-01 to 2031-08-09", "3 2031-08-10 to -"],
        ),
    ] {
        let msp = Msp::billing().await;
        orders(&msp, prorated(json!({}))).await;
        let other = msp.adds_agreement(BLUE_LIGHT, "Other services").await;
        let prorates = json!([{"op": "replace", "path": "prorateFlag", "value": true}]);
        msp.as_person(Method::PATCH, &format!("finance/agreements/{other}"), &prorates).await;
        let msp = msp.at("2031-06-20T12:00:00Z").await;
        let organization = msp.list("links").await[0]["organization"].clone();
        let moved = merged(json!({"organization": organization, "agreement": other}), dates.clone());
        changes(&msp, LINK, link(moved)).await;
        assert_eq!(periods(&msp), expected, "{dates}");
        assert_billed_once(&msp);
    }
}

/// An agreement that does not prorate invoices each month in full.
#[tokio::test]
async fn a_month_that_is_charged_in_part_is_not_charged_in_full_by_another_agreement() {
    let begun = json!({"startsOn": "today", "creditsUnused": true});
    let sold = || async {
        let msp = Msp::billing().await;
        orders(&msp, prorated(begun.clone())).await;
        (msp.adds_agreement(BLUE_LIGHT, "Other services").await, msp.at("2031-06-20T12:00:00Z").await)
    };
    let (other, msp) = sold().await;
    let organization = msp.list("links").await[0]["organization"].clone();
    let moved = merged(json!({"organization": organization, "agreement": other}), begun.clone());
    changes(&msp, LINK, link(moved)).await;
    assert_eq!(periods(&msp), ["3 2031-05-15 to 2031-06-30", "3 2031-07-01 to -"], "moved");

    // From the agreement that charges August in full to one that charges days.
    let msp = msp.at("2031-07-10T12:00:00Z").await;
    let later = json!({"organization": organization, "agreement": PRORATED, "startsOn": "2031-08-10"});
    changes(&msp, LINK, link(later)).await;
    let expected = ["3 2031-05-15 to 2031-06-30", "3 2031-07-01 to 2031-08-31", "3 2031-09-01 to -"];
    assert_eq!(periods(&msp), expected, "moved back");

    let (other, msp) = sold().await;
    changes(&msp, UNSUBSCRIBE, company(BLUE_LIGHT)).await;
    let again = orders(&msp, order(merged(json!({"agreement": other}), begun.clone()))).await;
    assert_eq!(periods(&msp), ["3 2031-05-15 to 2031-06-20", "3 2031-07-01 to -"], "left and sold again");
    assert!(again["notice"].as_str().unwrap().contains("2031-07-01"), "the days that are not billed are told: {again}");
}

/// The addition between was never billed, so the third one begins after the first.
#[tokio::test]
async fn days_before_an_addition_that_was_never_billed_are_not_billed_again() {
    let begun = json!({"startsOn": "today"});
    let msp = Msp::billing().await;
    orders(&msp, prorated(begun.clone())).await;
    let other = msp.adds_agreement(BLUE_LIGHT, "Other services").await;
    let mut msp = msp.at("2031-06-20T12:00:00Z").await;
    let organization = msp.list("links").await[0]["organization"].clone();
    for (time, agreement) in [("2031-06-21T12:00:00Z", other), ("2031-06-25T12:00:00Z", PRORATED)] {
        msp = msp.at(time).await;
        let moved = merged(json!({"organization": organization, "agreement": agreement}), begun.clone());
        changes(&msp, LINK, link(moved)).await;
    }
    let expected = ["3 2031-05-15 to 2031-06-30", "0 2031-07-01 to 2031-07-01 DoNotBill", "3 2031-07-01 to -"];
    assert_eq!(periods(&msp), expected);
}

#[tokio::test]
async fn a_customer_who_leaves_after_a_move_is_billed_to_the_last_month_of_the_link() {
    for (last_billed_month, expected) in
        [("this", "0 2031-07-01 to 2031-07-01 DoNotBill"), ("next", "3 2031-07-01 to 2031-07-31")]
    {
        let msp = Msp::billing().await;
        let dates = json!({"lastBilledMonth": last_billed_month});
        orders(&msp, prorated(dates.clone())).await;
        let other = msp.adds_agreement(BLUE_LIGHT, "Other services").await;
        let msp = msp.at("2031-06-20T12:00:00Z").await;
        let organization = msp.list("links").await[0]["organization"].clone();
        changes(&msp, LINK, link(merged(json!({"organization": organization, "agreement": other}), dates))).await;
        let msp = msp.at("2031-06-25T12:00:00Z").await;
        changes(&msp, UNSUBSCRIBE, company(BLUE_LIGHT)).await;
        assert_eq!(periods(&msp), ["3 2031-06-01 to 2031-06-30", expected], "{last_billed_month}");
    }
}
