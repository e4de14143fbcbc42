//! `POST portal/audit/run`, and the schedule that starts audits by itself.

use jiff::SignedDuration;
use sandbox::background;
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{BACKUP, Bss};
use crate::portal::audit::month::{addition_of, in_short, sold};
use crate::portal::msp::bodies::plan;
use crate::portal::msp::{AUDIT, CREATE_PLAN, Msp};

/// Time after which the queue shows a message again.
const VISIBILITY: SignedDuration = SignedDuration::from_mins(31);

async fn state(msp: &Msp) -> Value {
    msp.get("audit/list?limit=1").await["audit"].clone()
}

async fn carry_out(msp: &Msp) -> usize {
    background::audit(&msp.bss.stack.app, &msp.bss.stack.queues).await.unwrap()
}

#[tokio::test]
async fn one_audit_runs_at_a_time() {
    let msp = Msp::billing().await;
    assert_eq!(state(&msp).await, json!({"state": "none"}));
    msp.refused(ErrorCode::BadRequest, AUDIT, &json!({"now": true})).await;
    msp.done(AUDIT, &json!({})).await;
    assert_eq!(state(&msp).await["state"], "queued");
    msp.refused(ErrorCode::InProgress, AUDIT, &json!({})).await;
    carry_out(&msp).await;
    let done = state(&msp).await;
    assert_eq!((&done["state"], &done["agreements"]), (&json!("complete"), &json!(4)), "{done}");
    msp.done(AUDIT, &json!({})).await;
}

#[tokio::test]
async fn an_audit_needs_connectwise() {
    let msp = Msp::signed_in().await;
    msp.refused(ErrorCode::ConnectWiseNotConfigured, AUDIT, &json!({})).await;
    assert_eq!(background::schedule(&msp.bss.stack.app).await.unwrap().started, 0);
}

#[tokio::test]
async fn the_schedule_starts_one_audit_a_night_in_the_msps_time_zone() {
    let msp = Msp::billing().await;
    let started = async || background::schedule(&msp.bss.stack.app).await.unwrap().started;
    assert_eq!((started().await, started().await), (1, 0), "none began on this day");
    carry_out(&msp).await;
    // Half past one in the night of Eastern Time.
    let night = msp.at("2031-05-16T05:30:00Z").await;
    assert_eq!(started().await, 0);
    let due = night.at("2031-05-16T06:00:00Z").await;
    assert_eq!((started().await, started().await), (1, 0));
    carry_out(&due).await;
    let page = due.get("audit/list").await;
    assert_eq!((page["runs"].as_array().unwrap().len(), &page["audit"]["state"]), (2, &json!("complete")));
}

#[tokio::test]
async fn thirteen_runs_are_kept() {
    let msp = Msp::billing().await;
    for _ in 0..14 {
        msp.audits().await;
        msp.bss.stack.clock.advance(SignedDuration::from_secs(1));
    }
    let runs = msp.get("audit/list").await["runs"].as_array().unwrap().clone();
    let starts: Vec<_> = runs.iter().map(|run| run["startedAt"].as_str().unwrap().to_owned()).collect();
    assert!(starts.len() == 13 && starts.is_sorted(), "{starts:?}");
}

#[tokio::test]
async fn a_run_goes_on_where_an_attempt_ended() {
    let msp = Msp::billing().await;
    let (_, agreement, _) = sold(&msp, "Edited", 3).await;
    msp.sets(agreement, &addition_of(&msp, agreement)["id"], "quantity", json!(9)).await;
    // In the first agreement, which is read before the first failure.
    msp.adds(101, msp.product(BACKUP), 2).await;
    // ConnectWise fails after the first agreements, then when differences are looked at again.
    msp.faults(json!([
        {"method": "GET", "path": "/finance/agreements/*/additions", "after": 2, "times": 3, "status": 503, "body": ""},
        {"method": "GET", "path": format!("/finance/agreements/{agreement}"), "times": 3, "status": 503, "body": ""},
    ]));
    msp.done(AUDIT, &json!({})).await;
    for _ in 0..4 {
        carry_out(&msp).await;
        msp.bss.stack.clock.advance(VISIBILITY);
    }
    let msp = msp.with_new_session().await;
    let page = msp.get("audit/list").await;
    assert_eq!((&page["audit"]["state"], &page["audit"]["reason"]), (&json!("complete"), &Value::Null), "{page}");
    let found = in_short(&page);
    assert!(found.contains(&"tooMany Edited 9 3: EUR 21 invoicedTooMuch, retry".to_owned()), "{found:?}");
    assert!(found.contains(&"additionWithoutOrganization - 2 -: EUR 7 invoicedTooMuch, -".to_owned()), "{found:?}");
}

#[tokio::test]
async fn a_run_that_does_not_get_on_fails_and_changes_no_finding() {
    let mut msp = Msp::billing().await;
    let before = in_short(&msp.audits().await);
    for rule in [
        json!({"method": "GET", "path": "/finance/agreements", "status": 503, "body": ""}),
        json!({"method": "GET", "path": "/procurement/catalog", "status": 200, "body": "<html>Maintenance</html>"}),
    ] {
        msp.faults(json!([rule]));
        msp.done(AUDIT, &json!({})).await;
        for _ in 0..5 {
            assert_eq!(carry_out(&msp).await, 1, "the message comes back");
            msp.bss.stack.clock.advance(VISIBILITY);
        }
        msp = msp.with_new_session().await;
        let failed = msp.get("audit/list").await;
        assert_eq!(failed["audit"]["state"], "failed", "{failed}");
        assert!(failed["audit"]["reason"].as_str().unwrap().contains("ConnectWise"), "{failed}");
        assert_eq!(in_short(&failed), before);
        assert_eq!(carry_out(&msp).await, 0);
        msp.faults(json!([]));
    }
    assert_eq!(in_short(&msp.audits().await), before);
}

#[tokio::test]
async fn an_empty_or_broken_list_of_the_vendor_proves_nothing() {
    let mut msp = Msp::billing().await;
    sold(&msp, "Right", 3).await;
    let before = in_short(&msp.audits().await);
    for body in [json!([]), json!({"result_set": [], "pagination": {"current_page": 1, "total_pages": 2}})] {
        msp.bss.vendor_faults(json!([{"method": "GET", "path": "/users", "status": 200, "body": body}]));
        msp.done(AUDIT, &json!({})).await;
        for _ in 0..6 {
            carry_out(&msp).await;
            msp.bss.stack.clock.advance(VISIBILITY);
        }
        msp.bss.vendor_faults(json!([]));
        msp = msp.with_new_session().await;
        let failed = msp.get("audit/list").await;
        assert_eq!((&failed["audit"]["state"], in_short(&failed)), (&json!("failed"), before.clone()));
    }
    assert_eq!(msp.additions().len(), 1);
}

#[tokio::test]
async fn a_single_wrong_answer_makes_no_finding() {
    let msp = Msp::billing().await;
    let (_, agreement, organization) = sold(&msp, "Right", 3).await;
    let before = in_short(&msp.audits().await);
    let additions = format!("/finance/agreements/{agreement}/additions");
    let list = |patch: Value| json!({"method": "GET", "path": additions, "times": 1, "patch": patch});
    for rule in [
        json!({"method": "GET", "path": additions, "times": 1, "status": 200, "body": []}),
        list(json!([{"op": "replace", "path": "/0/quantity", "value": 1}])),
        list(json!([{"op": "replace", "path": "/0/unitPrice", "value": 1}])),
        list(json!([{"op": "replace", "path": "/0/product/id", "value": 201}])),
        json!({"method": "GET", "path": "/finance/agreements", "times": 1, "status": 200, "body": []}),
    ] {
        msp.faults(json!([rule]));
        assert_eq!(in_short(&msp.audits().await), before, "{rule}");
    }
    msp.faults(json!([]));
    let organizations = msp.bss.organizations();
    let place = organizations.iter().position(|row| row["id"] == organization.as_str()).unwrap();
    for (member, value) in
        [("seats_available", json!(9)), ("customer_deactivated", json!(true)), ("plan_id", json!("x"))]
    {
        let patch = json!([{"op": "replace", "path": format!("/{place}/{member}"), "value": value}]);
        msp.bss.vendor_faults(json!([{"method": "GET", "path": "/users", "times": 1, "patch": patch}]));
        assert_eq!(in_short(&msp.audits().await), before, "{member}");
    }
    let patch = json!([{"op": "remove", "path": format!("/{place}")}]);
    msp.bss.vendor_faults(json!([{"method": "GET", "path": "/users", "times": 1, "patch": patch}]));
    assert_eq!(in_short(&msp.audits().await), before, "a list that lacks an organization");
}

#[tokio::test]
async fn an_organization_that_cannot_be_read_again_does_not_hold_up_the_others() {
    let msp = Msp::billing().await;
    let (_, edited, organization) = sold(&msp, "Edited", 3).await;
    let (_, other, _) = sold(&msp, "Other", 3).await;
    for agreement in [edited, other] {
        msp.sets(agreement, &addition_of(&msp, agreement)["id"], "quantity", json!(9)).await;
    }
    msp.bss.vendor_faults(json!([
        {"method": "GET", "path": format!("/users/{organization}"), "status": 200, "body": "<html>"},
    ]));
    let found = in_short(&msp.audits().await);
    assert!(found.iter().any(|line| line.starts_with("tooMany Other")), "{found:?}");
    assert!(found.iter().any(|line| line.starts_with("notCompared Edited")), "{found:?}");
    msp.bss.vendor_faults(json!([]));
    let found = in_short(&msp.audits().await);
    assert!(found.iter().any(|line| line.starts_with("tooMany Edited")), "{found:?}");
    assert!(!found.iter().any(|line| line.starts_with("notCompared")), "{found:?}");
}

#[tokio::test]
async fn an_agreement_that_cannot_be_read_does_not_hold_up_the_others() {
    let msp = Msp::billing().await;
    let (_, edited, _) = sold(&msp, "Edited", 3).await;
    msp.sets(edited, &addition_of(&msp, edited)["id"], "quantity", json!(9)).await;
    msp.faults(json!([
        {"method": "GET", "path": "/finance/agreements/101/additions", "status": 200, "body": [{"id": "x"}]},
    ]));
    let page = msp.audits().await;
    let found = in_short(&page);
    assert!(found.iter().any(|line| line.starts_with("tooMany Edited")), "{found:?}");
    let unread = page["findings"].as_array().unwrap().iter().find(|finding| finding["kind"] == "notCompared").unwrap();
    assert_eq!((&unread["id"], &unread["agreement"]), (&json!("notCompared/agreement-101"), &json!(101)), "{unread}");
    msp.faults(json!([]));
    assert!(!in_short(&msp.audits().await).iter().any(|line| line.starts_with("notCompared")));
}

#[tokio::test]
async fn work_under_way_is_no_finding() {
    let msp = Msp::on(Bss::start_with(Options::from_env()).await).with_new_session().await;
    msp.set_up_connectwise().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    let (company, agreement) = msp.adds_company("Sold").await;
    let customer =
        json!({"company": company, "agreement": agreement, "businessName": "Sold", "email": "it@sold.example"});
    msp.done(crate::portal::msp::ORDER, &crate::portal::msp::bodies::order(customer)).await;
    // The stream is not processed, so the addition is never made.
    let found = in_short(&msp.audits().await);
    assert!(!found.iter().any(|line| line.contains("Sold")), "{found:?}");
    msp.bss.stack.clock.advance(SignedDuration::from_hours(25));
    let msp = msp.with_new_session().await;
    let found = in_short(&msp.audits().await);
    assert!(found.contains(&"notBilled Sold 0 3: EUR 10.5 notInvoiced, retry".to_owned()), "{found:?}");
    let product = msp.product(BACKUP);
    msp.adds(agreement, product, 3).await;
    let found = in_short(&msp.audits().await);
    assert!(found.contains(&"notBilled Sold 0 3: EUR 10.5 notInvoiced, adopt".to_owned()), "{found:?}");
}

#[tokio::test]
async fn a_long_run_takes_several_messages() {
    let msp = Msp::billing().await;
    sold(&msp, "Right", 3).await;
    let before = in_short(&msp.audits().await);
    msp.done(AUDIT, &json!({})).await;
    let (app, queues) = (&msp.bss.stack.app, &msp.bss.stack.queues);
    // An attempt begins nothing more after the first half of its eight seconds, which are over with the second agreement.
    msp.faults(json!([{"method": "GET", "path": "/finance/agreements/*/additions", "times": 2, "delay_ms": 2100}]));
    let event = json!({"Records": [{"messageId": "1", "body": queues.messages(background::AUDITS)[0]}]});
    let event = serde_json::from_value(event).unwrap();
    let answer =
        service_manager::workers::audit::consume(app, &event, "short", std::time::Duration::from_secs(8)).await;
    assert_eq!(answer.batch_item_failures, []);
    assert_eq!(state(&msp).await["state"], "running");
    assert_eq!(queues.messages(background::AUDITS).len(), 2, "its own and the first one");
    assert_eq!(carry_out(&msp).await, 2);
    let page = msp.get("audit/list").await;
    assert_eq!((&page["audit"]["state"], in_short(&page)), (&json!("complete"), before));
}

#[tokio::test]
async fn audits_on_demand_are_limited() {
    let msp = Msp::billing().await;
    for _ in 0..20 {
        msp.audits().await;
    }
    msp.refused(ErrorCode::TooManyTries, AUDIT, &json!({})).await;
    msp.bss.stack.clock.advance(SignedDuration::from_hours(1));
    msp.with_new_session().await.audits().await;
}
