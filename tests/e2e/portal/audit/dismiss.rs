//! `POST portal/audit/dismiss`

use serde_json::json;

use crate::client::cut_off;
use crate::portal::audit::list::{drifted, finding_of};
use crate::portal::audit::month::in_short;

#[tokio::test]
async fn a_dismissed_finding_stays_away_until_it_changes() {
    let msp = drifted().await;
    let page = msp.get("audit/list").await;
    let (alpha, all) = (finding_of(&page, "Alpha"), in_short(&page));
    let body = json!({"findings": [alpha["id"]], "note": "as agreed"});
    let dismissed = msp.done("audit/dismiss", &body).await;
    assert_eq!(dismissed["findings"][0]["dismissed"]["note"], "as agreed", "{dismissed}");
    assert_eq!(msp.done("audit/dismiss", &body).await, dismissed, "the same call twice has one effect");
    assert_eq!(in_short(&msp.get("audit/list").await), &all[1..]);
    let page = msp.audits().await;
    assert_eq!(in_short(&page), &all[1..], "another audit does not bring it back");
    let last = page["runs"].as_array().unwrap().last().unwrap();
    assert_eq!(last["findings"], 3, "nor does it count: {last}");
    assert_eq!(in_short(&msp.get("audit/list?dismissed=true").await), &all[..1]);

    let agreement = u32::try_from(alpha["agreement"].as_u64().unwrap()).unwrap();
    msp.sets(agreement, &alpha["addition"], "quantity", json!(2)).await;
    let changed = finding_of(&msp.audits().await, "Alpha");
    assert_eq!((&changed["billed"], changed.get("dismissed")), (&json!(2), None), "{changed}");

    msp.done("audit/dismiss", &body).await;
    let restored = msp.done("audit/dismiss", &json!({"findings": [alpha["id"]], "restore": true})).await;
    assert_eq!(restored["findings"][0].get("dismissed"), None, "{restored}");
    assert_eq!(in_short(&msp.get("audit/list").await).len(), all.len());
    let gone = json!({"findings": ["tooFew/gone", "x"], "note": "n"});
    assert_eq!(msp.done("audit/dismiss", &gone).await, json!({"findings": []}));
}

#[tokio::test]
async fn a_dismissal_that_is_cut_off_has_one_entry_once_it_is_sent_again() {
    let msp = drifted().await;
    let id = finding_of(&msp.get("audit/list").await, "Alpha")["id"].clone();
    let faults = msp.bss.stack.dynamodb.faults();
    for is_done in [false, true] {
        let mut completed = false;
        for calls in 0..100 {
            let note = format!("as agreed, {is_done} {calls}");
            let body = json!({"findings": [id], "note": note});
            faults.set(cut_off(calls, is_done));
            completed = msp.post("audit/dismiss", &body).await.0 == 200;
            faults.clear();
            msp.done("audit/dismiss", &body).await;
            let page = msp.get("history/list?action=audit/dismiss").await;
            let told = page["history"].as_array().unwrap().iter().filter(|entry| entry["reason"] == note.as_str());
            assert_eq!(told.count(), 1, "{is_done} {calls}: {page}");
            if completed {
                break;
            }
        }
        assert!(completed, "no request was left whole");
    }
}

#[tokio::test]
async fn invalid_members_are_refused() {
    let msp = drifted().await;
    let id = finding_of(&msp.get("audit/list").await, "Alpha")["id"].clone();
    msp.invalid_fields(&["note"], "audit/dismiss", &json!({"findings": [id]})).await;
    msp.invalid_fields(&["note"], "audit/dismiss", &json!({"findings": [id], "note": " "})).await;
    msp.invalid_fields(&["note"], "audit/dismiss", &json!({"findings": [id], "note": "x".repeat(501)})).await;
    msp.invalid_fields(&["note"], "audit/dismiss", &json!({"findings": [id], "note": "n", "restore": true})).await;
    for findings in [json!([]), json!(vec!["tooFew/1"; 26])] {
        msp.invalid_fields(&["findings"], "audit/dismiss", &json!({"findings": findings, "note": "n"})).await;
    }
    let other = msp.other().await;
    let body = json!({"findings": [id], "note": "n"});
    assert_eq!(other.done("audit/dismiss", &body).await, json!({"findings": []}), "another MSP has no such finding");
}
