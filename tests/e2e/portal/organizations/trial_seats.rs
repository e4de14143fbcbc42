//! The order at the end of a trial whose seats or plan at Dropsuite are not those with which it was sold.

use sandbox::dropsuite::PARTNERS;
use serde_json::{Value, json};

use super::trial_end::{A_DAY_LATER, AFTER_THE_END, announced};
use crate::client::{ARCHIVER, BACKUP, ORGANIZATION};
use crate::dropbox::renewals::{CONVERTED, NOTICED_AND_CONVERTED, ONE_NOTICE};
use crate::portal::msp::bodies::BLUE_LIGHT;
use crate::portal::msp::{Msp, UPDATE};

impl Msp {
    /// Sets the subscription of the organization, as a person does at Dropsuite.
    async fn has_at_dropsuite(&self, subscription: &Value) {
        let path = format!("users/{ORGANIZATION}/subscription");
        self.bss.changes_as_partner(&PARTNERS[0], &path, subscription).await;
    }
}

#[tokio::test]
async fn seats_that_a_person_changed_at_dropsuite_stay() {
    for (path, body, seats) in [("", json!({}), 3), (UPDATE, json!({"company": BLUE_LIGHT, "seats": 5}), 5)] {
        let msp = announced("convert").await;
        msp.has_at_dropsuite(&json!({"plan_id": BACKUP, "seats": 5, "auto_license": false})).await;
        let writes = msp.bss.writes();
        let msp = msp.at(AFTER_THE_END).await;
        assert_eq!(msp.looks().await, ONE_NOTICE);
        assert_eq!(
            msp.shown().await["trialPeriod"]["refusal"],
            "The organization has 5 seats at Dropsuite, but the trial was sold here with 3. Change the trial to 5 seats here, or the organization to 3 at Dropsuite."
        );
        assert_eq!(msp.bss.writes(), writes);
        // The person takes them over, or takes them back.
        if path.is_empty() {
            msp.has_at_dropsuite(&json!({"plan_id": BACKUP, "seats": 3, "auto_license": false})).await;
        } else {
            msp.done(path, &body).await;
        }
        let msp = msp.at(A_DAY_LATER).await;
        assert_eq!(msp.looks().await, CONVERTED);
        msp.bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": seats}));
        assert_eq!(msp.shown().await["trial"], false);
    }
}

#[tokio::test]
async fn seats_that_dropsuite_adjusts_itself_do_not_matter() {
    for seats in [2, 5] {
        let msp = announced("convert").await;
        msp.has_at_dropsuite(&json!({"plan_id": BACKUP, "seats": seats, "auto_license": true})).await;
        let writes = msp.bss.writes();
        let msp = msp.at(AFTER_THE_END).await;
        assert_eq!(msp.looks().await, NOTICED_AND_CONVERTED, "{seats}");
        assert_eq!(msp.bss.writes(), writes, "{seats}");
        msp.bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": seats, "auto_license": true}));
        assert_eq!(msp.shown().await["trial"], false, "{seats}");
    }
}

#[tokio::test]
async fn adjusted_seats_do_not_hide_more_in_use_or_another_plan() {
    let another_plan = "The organization has another plan at Dropsuite than Business Backup EUR monthly, ";
    for (plan, used, refusal) in [(BACKUP, 4, "You ordered 3 seats, but 4 are in use."), (ARCHIVER, 2, another_plan)] {
        let msp = announced("convert").await;
        msp.has_at_dropsuite(&json!({"plan_id": plan, "seats": 5, "auto_license": true})).await;
        msp.bss.at_vendor(ORGANIZATION, json!({"seats_used": used})).await;
        let msp = msp.at(AFTER_THE_END).await;
        assert_eq!(msp.looks().await, ONE_NOTICE, "{plan}");
        let shown = msp.shown().await;
        let told = shown["trialPeriod"]["refusal"].as_str().unwrap();
        assert!(told.starts_with(refusal), "{told}");
    }
}
