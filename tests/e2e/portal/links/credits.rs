//! `creditsUnused` of a link: unused days are not billed where the agreement prorates.

use serde_json::json;

use crate::portal::links::billing_dates::{PRORATED, changes, orders, periods, prorated};
use crate::portal::msp::bodies::{BLUE_BACKUP, BLUE_LIGHT, company, order};
use crate::portal::msp::{Msp, UNSUBSCRIBE, UPDATE};

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
async fn a_change_of_seats_is_a_change_of_the_addition() {
    let msp = Msp::billing().await;
    orders(&msp, prorated(json!({"creditsUnused": true, "seats": 9}))).await;
    let msp = msp.at("2031-06-20T12:00:00Z").await;
    for seats in [10, 6, 7] {
        changes(&msp, UPDATE, json!({"company": BLUE_LIGHT, "seats": seats})).await;
        assert_eq!(periods(&msp), [format!("{seats} 2031-06-01 to -")]);
    }
}
