//! `POST portal/settings/save` with another ConnectWise, cut off.

use jiff::SignedDuration;
use sandbox::stack::Options;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{BACKUP, Bss, cut_off, without_rate_limit};
use crate::portal::msp::bodies::{credentials, plan, ticket_mapping};
use crate::portal::msp::{CREATE_PLAN, CREDENTIALS, Msp, SAVE};
use crate::portal::settings::save::{elsewhere, not_there};

/// Returns the number of the entries that say that the plan was deleted.
async fn told(msp: &Msp) -> usize {
    let page = msp.get("history/list?action=settings/save&limit=1000").await;
    let object = format!("plan {BACKUP}");
    let entries = page["history"].as_array().unwrap();
    entries.iter().filter(|entry| entry["object"] == object.as_str() && entry.get("to").is_none()).count()
}

#[tokio::test]
async fn a_request_that_is_cut_off_deletes_the_plans_once_it_is_sent_again() {
    let options = Options { stream: true, ..without_rate_limit() };
    let mut msp = Msp::on(Bss::start_with(options).await).with_new_session().await;
    msp.set_up_connectwise().await;
    let faults = msp.bss.stack.dynamodb.faults().clone();
    let (mut is_away, mut deleted, mut refused) = (false, 0, 0);
    for is_done in [false, true] {
        let mut completed = false;
        for calls in 0..100 {
            msp.done(CREATE_PLAN, &plan(json!({}))).await;
            let before = msp.get("settings/get").await;
            msp.faults(not_there("/procurement/catalog/*"));
            msp.done(CREDENTIALS, &if is_away { credentials(json!({})) } else { elsewhere() }).await;
            is_away = !is_away;
            faults.set(cut_off(calls, is_done));
            completed = msp.post(SAVE, &ticket_mapping(json!({}))).await.0 == 200;
            faults.clear();

            // The lock of a request that was cut off ends at its deadline.
            msp.bss.stack.clock.advance(SignedDuration::from_mins(1));
            msp = msp.with_new_session().await;
            let now = msp.get("settings/get").await;
            if now["siteUrl"] == before["siteUrl"] {
                assert_eq!(msp.list("plans").await.as_array().unwrap().len(), 1, "{is_done} {calls}: not before");
            } else if !completed && msp.list("plans").await != json!([]) {
                msp.refused(ErrorCode::ConnectWiseNotConfigured, CREATE_PLAN, &plan(json!({}))).await;
                refused += 1;
            }
            msp.done(SAVE, &ticket_mapping(json!({}))).await;
            deleted += 1;
            assert_ne!(msp.get("settings/get").await["siteUrl"], before["siteUrl"], "{is_done} {calls}");
            assert_eq!(msp.list("plans").await, json!([]), "{is_done} {calls}");
            assert_eq!(told(&msp).await, deleted, "{is_done} {calls}: each has an entry, and one only");
            msp.faults(json!([]));
            if completed {
                break;
            }
        }
        assert!(completed, "no request was left whole");
    }
    assert!(refused > 0, "no cut left a plan of the former ConnectWise");
}
