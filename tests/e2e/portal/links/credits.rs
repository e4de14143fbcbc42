//! `creditsUnused` of a link: unused days are not billed where the agreement prorates.

use serde_json::json;

use crate::portal::links::billing_dates::{PRORATED, changes, orders, periods, prorated};
use crate::portal::msp::bodies::{ACME, BLUE_BACKUP, BLUE_LIGHT, MANAGED, company, link, order};
use crate::portal::msp::{LINK, Msp, RETRY, UNSUBSCRIBE, UPDATE};

#[tokio::test]
async fn unused_days_are_credited_where_the_agreement_prorates() {
    for (agreement, last) in [(PRORATED, "2031-06-20"), (BLUE_BACKUP, "2031-07-31")] {
        let msp = Msp::billing().await;
        orders(&msp, order(json!({"agreement": agreement, "creditsUnused": true}))).await;
        // Invoiced to the end of July.
        msp.invoices(agreement).await;
        msp.invoices(agreement).await;
        let msp = msp.at("2031-06-20T12:00:00Z").await;
        changes(&msp, UNSUBSCRIBE, company(BLUE_LIGHT)).await;
        assert_eq!(periods(&msp), [format!("3 2031-06-01 to {last}")]);
    }
}

#[tokio::test]
async fn fewer_seats_are_credited_from_the_next_day() {
    let msp = Msp::billing().await;
    orders(&msp, prorated(json!({"creditsUnused": true, "seats": 9, "unitPrice": 2}))).await;
    let msp = msp.at("2031-06-20T12:00:00Z").await;
    changes(&msp, UPDATE, json!({"company": BLUE_LIGHT, "seats": 10})).await;
    assert_eq!(periods(&msp), ["10 2031-06-01 to -"], "more seats are billed by the same addition");
    changes(&msp, UPDATE, json!({"company": BLUE_LIGHT, "seats": 6})).await;
    assert_eq!(periods(&msp), ["10 2031-06-01 to 2031-06-20", "6 2031-06-21 to -"]);
    assert_eq!(msp.additions()[1]["unitPrice"], 2);
    for seats in [5, 7, 4] {
        changes(&msp, UPDATE, json!({"company": BLUE_LIGHT, "seats": seats})).await;
        assert_eq!(periods(&msp), ["10 2031-06-01 to 2031-06-20".to_owned(), format!("{seats} 2031-06-21 to -")]);
    }
    let row = msp.row().await;
    assert_eq!(
        (&row["state"], &row["quantity"], &row["effectiveDate"]),
        (&json!("synced"), &json!(4), &json!("2031-06-21"))
    );
    // By default, and where nothing is prorated, the quantity changes.
    let msp = Msp::billing().await;
    orders(&msp, order(json!({"creditsUnused": true}))).await;
    let acme = json!({"company": ACME, "agreement": MANAGED, "email": "ann@acme.example", "businessName": "Acme"});
    orders(&msp, order(acme)).await;
    let msp = msp.at("2031-06-20T12:00:00Z").await;
    for id in [BLUE_LIGHT, ACME] {
        changes(&msp, UPDATE, json!({"company": id, "seats": 2})).await;
    }
    assert_eq!(periods(&msp), ["2 2031-06-01 to -", "2 2031-06-01 to -"]);
}

#[tokio::test]
async fn a_lost_answer_half_way_bills_each_day_once() {
    for fault in [
        json!({"method": "PATCH", "path": "*/additions/*", "times": 1, "drop": "after"}),
        json!({"method": "PATCH", "path": "*/additions/*", "times": 1, "drop": "before"}),
        json!({"method": "POST", "path": "*/additions", "times": 1, "drop": "after"}),
        json!({"method": "POST", "path": "*/additions", "times": 1, "drop": "before"}),
    ] {
        let msp = Msp::billing().await;
        orders(&msp, prorated(json!({"creditsUnused": true}))).await;
        let msp = msp.at("2031-06-20T12:00:00Z").await;
        msp.faults(json!([fault]));
        changes(&msp, UPDATE, json!({"company": BLUE_LIGHT, "seats": 1})).await;
        msp.faults(json!([]));
        // The second attempt is on another day, and the dates are chosen anew meanwhile.
        let msp = msp.at("2031-06-23T12:00:00Z").await;
        let organization = msp.list("links").await[0]["organization"].clone();
        let later = json!({"organization": organization, "agreement": PRORATED, "startsOn": "today"});
        changes(&msp, LINK, link(later)).await;
        msp.done(RETRY, &json!({})).await;
        assert_eq!(periods(&msp), ["3 2031-06-01 to 2031-06-20", "1 2031-06-21 to -"], "{fault}");
        assert_eq!(msp.row().await["state"], "synced", "{fault}");
    }
}
