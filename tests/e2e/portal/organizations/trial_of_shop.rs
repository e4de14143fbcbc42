//! A trial that the shop sold to a customer of the MSP: the portal shows its end, and the shop decides what follows.

use serde_json::json;

use super::trial_end::{A_DAY_LATER, AFTER_THE_END, SOLD, moment};
use crate::client::{Bss, account, service};
use crate::dropbox::renewals::{NOTHING, ONE_NOTICE};
use crate::portal::msp::bodies::{link, plan};
use crate::portal::msp::{CREATE_PLAN, LINK, Msp};

#[tokio::test]
async fn a_trial_of_the_shop_is_shown_and_left_to_the_shop() {
    let msp = Msp::set_up().await.at(SOLD).await;
    msp.done(CREATE_PLAN, &plan(json!({"trialEnd": "end"}))).await;
    sells_trial(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.wait_for_additions().await;
    let shown = msp.shown().await;
    let end = shown["trialPeriod"]["endsAt"].clone();
    assert_eq!(shown["trialPeriod"], json!({"endsAt": end, "over": false}));
    assert_eq!(shown["soldBy"], "shop");
    assert_eq!(shown["summary"], format!("5 seats, Business Backup, trial until {}", moment(&end)));
    let msp = msp.at(AFTER_THE_END).await;
    let writes = msp.bss.writes();
    assert_eq!(msp.looks().await, ONE_NOTICE);
    let msp = msp.at(A_DAY_LATER).await;
    assert_eq!(msp.looks().await, NOTHING);
    assert_eq!(msp.shown().await["trialPeriod"], json!({"endsAt": end, "over": true}));
    assert_eq!(msp.bss.writes(), writes);
}

async fn sells_trial(bss: &Bss) {
    bss.done("accounts/synchronize", &account(json!({}))).await;
    bss.done("subscriptions/create", &service(json!({"IsTrial": true}))).await;
}
