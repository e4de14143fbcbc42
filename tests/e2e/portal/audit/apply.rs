//! `POST portal/audit/apply`

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::client::BACKUP;
use crate::portal::audit::list::{drifted, finding_of};
use crate::portal::audit::month::{addition_of, in_short, sold};
use crate::portal::msp::{Msp, RETRY, UNLINK};

fn outcomes(applied: &Value) -> Vec<&str> {
    applied["results"].as_array().unwrap().iter().map(|result| result["outcome"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn several_findings_are_applied_at_once() {
    let msp = drifted().await;
    let page = msp.get("audit/list").await;
    let ids: Vec<_> = ["Alpha", "Beta", "Gamma"].map(|name| finding_of(&page, name)["id"].clone()).to_vec();
    let applied = msp.done("audit/apply", &json!({"findings": ids})).await;
    assert_eq!(outcomes(&applied), ["done"; 3], "{applied}");
    assert!(msp.additions().iter().all(|addition| addition["quantity"] == 3), "{:?}", msp.additions());
    let before = msp.writes().len();
    let again = msp.done("audit/apply", &json!({"findings": ids})).await;
    assert_eq!((outcomes(&again), msp.writes().len()), (vec!["done"; 3], before), "the same call twice has one effect");
    assert_eq!(in_short(&msp.audits().await).len(), 1);
    for findings in [json!([]), json!(vec!["tooFew/1"; 26])] {
        msp.invalid_fields(&["findings"], "audit/apply", &json!({"findings": findings})).await;
    }
}

#[tokio::test]
async fn a_fix_that_fails_says_why_and_the_finding_stays() {
    let msp = drifted().await;
    let page = msp.get("audit/list").await;
    let (alpha, own) = (finding_of(&page, "Alpha"), finding_of(&page, "Partner 1 (own use)"));
    let agreement = &alpha["agreement"];
    msp.faults(json!([{"method": "PATCH", "path": format!("/finance/agreements/{agreement}/additions/*"),
        "status": 400, "body": {"code": "InvalidObject", "message": "addition object is invalid", "errors": []}}]));
    let applied = msp.done("audit/apply", &json!({"findings": [alpha["id"], own["id"]]})).await;
    assert_eq!(outcomes(&applied), ["failed", "failed"], "{applied}");
    let messages = applied["results"].as_array().unwrap().iter().map(|result| result["message"].as_str().unwrap());
    assert!(messages.clone().all(|message| message.len() > 15), "{applied}");
    msp.faults(json!([{"method": "GET", "path": "/finance/*", "status": 503, "body": ""}]));
    let applied = msp.done("audit/apply", &json!({"findings": [finding_of(&page, "Beta")["id"]]})).await;
    assert_eq!(outcomes(&applied), ["waiting"], "{applied}");
    msp.faults(json!([]));
    assert_eq!(in_short(&msp.get("audit/list").await).len(), 4);
}

#[tokio::test]
async fn an_addition_made_by_hand_is_taken_over() {
    let msp = Msp::billing().await;
    let (_, agreement, _) = sold(&msp, "Adopted", 3).await;
    msp.deletes(agreement, &addition_of(&msp, agreement)["id"]).await;
    let by_hand = msp.adds(agreement, msp.product(BACKUP), 3).await;
    msp.bss.stack.clock.advance(SignedDuration::from_hours(1));
    let msp = msp.with_new_session().await;
    let finding = finding_of(&msp.audits().await, "Adopted");
    assert_eq!(
        (&finding["kind"], &finding["fix"], &finding["addition"]),
        (&json!("notBilled"), &json!("adopt"), &by_hand)
    );
    let wrong = json!({"subscription": finding["subscription"], "adopt": 4711});
    let refused = msp.done(RETRY, &wrong).await;
    assert_eq!(refused[0]["state"], "failed", "another number is not taken: {refused}");
    msp.done(RETRY, &json!({})).await;
    assert_eq!(msp.additions().len(), 1, "nothing is created after it");
    let applied = msp.done("audit/apply", &json!({"findings": [finding["id"]]})).await;
    assert_eq!(outcomes(&applied), ["done"], "{applied}");
    assert_eq!(in_short(&msp.audits().await).len(), 1);
    assert_eq!(addition_of(&msp, agreement)["id"], by_hand);
}

#[tokio::test]
async fn an_audit_applies_by_itself_what_only_synchronizes() {
    let msp = Msp::billing().await;
    let (_, edited, _) = sold(&msp, "Edited", 3).await;
    let (_, _, grown) = sold(&msp, "Grown", 3).await;
    msp.done("audit/settings", &json!({"apply": "automatically"})).await;
    msp.sets(edited, &addition_of(&msp, edited)["id"], "quantity", json!(9)).await;
    let plan = json!({"plan_id": BACKUP, "seats": 8, "auto_license": false});
    let partner = &sandbox::dropsuite::PARTNERS[0];
    msp.bss.changes_as_partner(partner, &format!("users/{grown}/subscription"), &plan).await;
    let found = in_short(&msp.audits().await);
    assert!(!found.iter().any(|line| line.contains("Edited")), "{found:?}");
    assert!(
        found.contains(&"tooFew Grown 3 8: EUR 17.5 notInvoiced, changeSeats".to_owned()),
        "an order asks: {found:?}"
    );
    assert_eq!(addition_of(&msp, edited)["quantity"], 3);
    let entries = msp.get("history/list?action=audit").await["history"].clone();
    assert_eq!(
        (&entries[0]["by"], &entries[0]["action"], &entries[0]["from"], &entries[0]["to"]),
        (&json!("audit"), &json!("audit/apply"), &json!("9"), &json!("3")),
        "{entries}"
    );
}

#[tokio::test]
async fn a_finding_of_an_account_that_another_msp_links_changes_nothing() {
    let msp = drifted().await;
    let alpha = finding_of(&msp.get("audit/list").await, "Alpha");
    let link = json!({"application": alpha["application"], "account": alpha["account"]});
    msp.done(UNLINK, &link).await;
    let before = msp.writes().len();
    let applied = msp.done("audit/apply", &json!({"findings": [alpha["id"]]})).await;
    assert_eq!((outcomes(&applied), msp.writes().len()), (vec!["failed"], before), "{applied}");
}

#[tokio::test]
async fn additions_by_hand_are_not_doubled() {
    let msp = Msp::billing().await;
    let (company, agreement, _) = sold(&msp, "Doubled", 3).await;
    let other = msp.adds_agreement(company, "Other services").await;
    msp.done("audit/settings", &json!({"apply": "automatically"})).await;
    msp.deletes(agreement, &addition_of(&msp, agreement)["id"]).await;
    let by_hand = msp.adds(other, msp.product(BACKUP), 3).await;
    let finding = finding_of(&msp.audits().await, "Doubled");
    assert_eq!((&finding["kind"], finding.get("fix")), (&json!("notBilled"), None), "{finding}");
    assert!(finding["advice"].as_str().unwrap().contains(&by_hand.to_string()), "{finding}");
    assert_eq!(msp.additions().len(), 1);
}

#[tokio::test]
async fn an_addition_of_an_account_that_is_no_longer_linked_is_found() {
    let msp = Msp::billing().await;
    let (_, agreement, _) = sold(&msp, "Unlinked", 3).await;
    let link = msp.list("links").await[0].clone();
    msp.done(UNLINK, &json!({"application": link["application"], "account": link["account"]})).await;
    msp.wait_for_additions().await;
    let found = in_short(&msp.audits().await);
    assert!(found.contains(&"additionWithoutOrganization - 3 -: EUR 10.5 invoicedTooMuch, -".to_owned()), "{found:?}");
    assert!(
        found.contains(&"organizationWithoutLink Unlinked - 3: EUR 10.5 notInvoiced, link".to_owned()),
        "{found:?}"
    );
    assert_eq!(addition_of(&msp, agreement)["quantity"], 3);
}
