//! Snoozed failures open no ticket, whatever their text, and open it when the snooze has ended and they still last.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use service_manager::store::{ActionRecord, EntryChange};

use crate::actions::tenant::Tenant;
use crate::portal::msp::NOTHING;
use crate::portal::msp::bodies::BLUE_LIGHT;

impl Tenant {
    /// Returns the time in so many hours, as a request has it.
    fn in_hours(&self, hours: i64) -> String {
        let at = self.msp.bss.stack.clock.now().saturating_add(SignedDuration::from_hours(hours)).unwrap();
        jiff::Timestamp::from_second(at.as_second()).unwrap().to_string()
    }

    async fn states(&self) -> Vec<Value> {
        self.rows().await.iter().map(|row| row["state"].clone()).collect()
    }
}

#[tokio::test]
async fn a_snooze_lasts_across_a_changed_text_until_its_end() {
    for scope in ["company", "mailbox", "error"] {
        let tenant = Tenant::with_mailboxes(2).await;
        let what = match scope {
            "company" => json!(BLUE_LIGHT),
            "mailbox" => json!(tenant.address(1).to_uppercase()),
            _ => json!("authentication"),
        };
        let until = tenant.in_hours(7 * 24);
        let snooze = json!({scope: what, "until": until, "reason": "The customer changes its passwords"});
        tenant.msp.done("snoozes/save", &snooze).await;
        tenant.checked(&[1], "Authentication Error", "The password was not accepted").await;
        assert_eq!(tenant.msp.tickets(), NOTHING, "{scope}");
        let row = tenant.rows().await[0].clone();
        assert_eq!((&row["state"], &row["failing"]), (&json!("held"), &json!(true)), "{row}");
        let reason = row["reason"].as_str().unwrap();
        assert!(reason.starts_with("Snoozed until ") && reason.ends_with("changes its passwords"), "{reason}");

        tenant.checked(&[1], "Authentication Error", "The account is locked").await;
        tenant.checked(&[1], "Connection Error", "invalid password").await;
        tenant.redrive().await;
        assert_eq!((tenant.msp.tickets(), tenant.states().await), (vec![], vec![json!("held")]), "{scope}");

        // Far longer than the age from which a failure opens no ticket.
        tenant.later(SignedDuration::from_hours(7 * 24));
        tenant.redrive().await;
        assert_eq!((tenant.msp.tickets().len(), tenant.states().await), (1, vec![json!("synced")]), "{scope}");
        tenant.redrive().await;
        assert_eq!(tenant.msp.tickets().len(), 1);
        tenant.checked(&[1], "Completed", "").await;
        assert_eq!(tenant.msp.tickets()[0]["closedFlag"], true);
    }
}

#[tokio::test]
async fn other_failures_open_their_tickets() {
    let tenant = Tenant::with_mailboxes(3).await;
    let until = tenant.in_hours(24);
    tenant.msp.done("snoozes/save", &json!({"error": "storage", "until": until, "reason": "Plans are changed"})).await;
    tenant
        .msp
        .done("snoozes/save", &json!({"mailbox": tenant.address(3), "until": until, "reason": "It is new"}))
        .await;
    tenant.checked(&[1], "Space Full", "12 GB of 10 GB").await;
    assert_eq!(tenant.msp.tickets(), NOTHING);
    tenant.checked(&[2], "Authentication Error", "").await;
    assert_eq!(tenant.msp.tickets().len(), 1);
    // An error of another kind is another failure to look at.
    tenant.checked(&[1], "Authentication Error", "").await;
    assert_eq!(tenant.msp.tickets().len(), 2);
    tenant.checked(&[3], "Authentication Error", "").await;
    assert_eq!(tenant.msp.tickets().len(), 2);
    assert_eq!(tenant.states().await.iter().filter(|state| **state == json!("held")).count(), 1);
}

#[tokio::test]
async fn what_recovers_meanwhile_opens_no_ticket() {
    let tenant = Tenant::with_mailboxes(1).await;
    let until = tenant.in_hours(1);
    tenant.msp.done("snoozes/save", &json!({"company": BLUE_LIGHT, "until": until, "reason": "Maintenance"})).await;
    tenant.checked(&[1], "Authentication Error", "").await;
    tenant.checked(&[1], "Completed", "").await;
    assert_eq!(tenant.states().await, ["synced"]);
    tenant.later(SignedDuration::from_hours(2));
    tenant.redrive().await;
    assert_eq!(tenant.msp.tickets(), NOTHING);
    // A failure after the end opens one at once.
    tenant.checked(&[1], "Authentication Error", "").await;
    assert_eq!(tenant.msp.tickets().len(), 1);
}

#[tokio::test]
async fn what_is_left_out_opens_its_ticket_when_that_is_taken_back() {
    let tenant = Tenant::with_mailboxes(2).await;
    let left_out = json!({"company": BLUE_LIGHT, "reason": "They look after it themselves", "by": "Zoe"});
    tenant.msp.done("snoozes/save", &left_out).await;
    tenant.checked(&[1, 2], "Authentication Error", "").await;
    tenant.later(SignedDuration::from_hours(1000));
    tenant.redrive().await;
    assert_eq!(tenant.msp.tickets(), NOTHING);
    assert_eq!(tenant.rows().await[0]["reason"], "Left out: They look after it themselves");
    let msp = tenant.msp.with_new_session().await;
    msp.done("snoozes/delete", &json!({"company": BLUE_LIGHT})).await;
    tenant.redrive().await;
    assert_eq!((tenant.msp.tickets().len(), tenant.states().await), (2, vec![json!("synced"); 2]));
}

#[tokio::test]
async fn an_open_ticket_stays_open_and_closes_itself() {
    let tenant = Tenant::with_mailboxes(1).await;
    tenant.checked(&[1], "Authentication Error", "").await;
    tenant.msp.done("snoozes/save", &json!({"company": BLUE_LIGHT, "reason": "Maintenance"})).await;
    tenant.checked(&[1], "Authentication Error", "again").await;
    assert_eq!((tenant.msp.tickets().len(), tenant.states().await), (1, vec![json!("synced")]));
    tenant.checked(&[1], "Completed", "").await;
    assert_eq!(tenant.msp.tickets()[0]["closedFlag"], true);
    tenant.checked(&[1], "Authentication Error", "").await;
    assert_eq!(tenant.msp.tickets().len(), 1, "the next failure is snoozed");
}

#[tokio::test]
async fn a_group_ticket_is_about_what_is_not_snoozed() {
    let tenant = Tenant::with_mailboxes(12).await;
    let all: Vec<usize> = (1..=12).collect();
    tenant
        .msp
        .done("snoozes/save", &json!({"error": "connection", "until": tenant.in_hours(5), "reason": "Move"}))
        .await;
    tenant.msp.done("snoozes/save", &json!({"mailbox": tenant.address(1), "reason": "It is gone soon"})).await;
    tenant.checked(&all, "Connection Error", "").await;
    tenant.later(SignedDuration::from_hours(3));
    tenant.msp.run_checks().await;
    assert_eq!(tenant.msp.tickets(), NOTHING);
    assert_eq!(tenant.states().await, ["held"]);
    tenant.later(SignedDuration::from_hours(3));
    tenant.redrive().await;
    let tickets = tenant.msp.tickets();
    assert_eq!(tickets.len(), 1, "{tickets:?}");
    assert!(tickets[0]["summary"].as_str().unwrap().starts_with("Backups of 11 mailboxes"), "{}", tickets[0]);
}

#[tokio::test]
async fn errors_of_a_held_group_that_are_no_longer_snoozed_open_its_ticket() {
    let tenant = Tenant::with_mailboxes(12).await;
    let all: Vec<usize> = (1..=12).collect();
    tenant.msp.done("snoozes/save", &json!({"error": "storage", "reason": "Move"})).await;
    tenant.checked(&all, "Space Full", "").await;
    assert_eq!((tenant.msp.tickets(), tenant.states().await), (vec![], vec![json!("held")]));
    tenant.checked(&all, "Authentication Error", "").await;
    assert_eq!((tenant.msp.tickets().len(), tenant.states().await), (1, vec![json!("synced")]));
}

#[tokio::test]
async fn a_group_ticket_ends_when_only_snoozed_mailboxes_fail() {
    for by_hand in [false, true] {
        let tenant = Tenant::with_mailboxes(14).await;
        let others: Vec<usize> = (2..=12).collect();
        let left_out = json!({"mailbox": tenant.address(1), "reason": "It is gone soon"});
        tenant.msp.done("snoozes/save", &left_out).await;
        tenant.checked(&[&[1], &others[..]].concat(), "Space Full", "").await;
        let tickets = tenant.msp.tickets();
        assert_eq!(tickets.len(), 1);
        if by_hand {
            let closed = json!([{"op": "replace", "path": "status", "value": {"id": 13}}]);
            tenant.msp.as_person(Method::PATCH, &format!("service/tickets/{}", tickets[0]["id"]), &closed).await;
        }
        tenant.checked(&others, "Completed", "").await;
        assert_eq!(tenant.msp.tickets()[0]["closedFlag"], true, "by hand: {by_hand}");
        assert_eq!(tenant.states().await, ["held"], "by hand: {by_hand}");
        tenant.redrive().await;
        assert_eq!(tenant.msp.tickets().len(), 1, "by hand: {by_hand}");

        // Later failures have a ticket of their own, once.
        tenant.checked(&[13, 14], "Space Full", "").await;
        tenant.redrive().await;
        let tickets = tenant.msp.tickets();
        assert_eq!(tickets.len(), 2, "by hand: {by_hand}: {tickets:?}");
        assert!(tickets[1]["summary"].as_str().unwrap().starts_with("Backups of 2 mailboxes"), "{}", tickets[1]);
        tenant.checked(&[13, 14], "Completed", "").await;
        assert_eq!(tenant.msp.tickets()[1]["closedFlag"], true, "by hand: {by_hand}");

        // What is no longer left out has one, too.
        let msp = tenant.msp.with_new_session().await;
        msp.done("snoozes/delete", &json!({"mailbox": tenant.address(1)})).await;
        tenant.redrive().await;
        assert_eq!(tenant.msp.tickets().len(), 3, "by hand: {by_hand}");
        tenant.checked(&[1], "Completed", "").await;
        assert!(tenant.msp.tickets().iter().all(|ticket| ticket["closedFlag"] == true), "by hand: {by_hand}");
    }
}

/// A recovery and the next failure, as one of many, are written before the stream shows either.
#[tokio::test]
async fn a_held_failure_that_is_one_of_many_now_opens_no_ticket_of_its_own() {
    let tenant = Tenant::with_mailboxes(2).await;
    tenant.msp.done("snoozes/save", &json!({"company": BLUE_LIGHT, "reason": "Maintenance"})).await;
    tenant.checked(&[1], "Space Full", "").await;
    let row = tenant.rows().await[0].clone();
    assert_eq!(row["state"], "held");
    let store = &tenant.msp.bss.stack.app.store;
    let action = store.action(&row["action"].as_str().unwrap().parse().unwrap()).await.unwrap().unwrap();
    let action = ActionRecord { grouped: true, version: action.version + 1, ..action };
    assert!(store.save_action(&action, EntryChange::Put).await.unwrap());
    tenant.msp.with_new_session().await.done("snoozes/delete", &json!({"company": BLUE_LIGHT})).await;
    tenant.redrive().await;
    tenant.redrive().await;
    assert_eq!((tenant.msp.tickets(), tenant.states().await), (vec![], vec![json!("synced")]));
}

/// The answer to a note is lost, and a person closes the ticket.
#[tokio::test]
async fn a_note_that_is_not_confirmed_does_not_end_a_snooze() {
    let tenant = Tenant::with_mailboxes(1).await;
    tenant.checked(&[1], "Authentication Error", "first").await;
    let ticket = format!("service/tickets/{}", tenant.msp.tickets()[0]["id"]);
    let notes = format!("*/{ticket}/notes");
    tenant.msp.faults(json!([
        {"method": "POST", "path": notes, "drop": "after"},
        {"method": "GET", "path": notes, "after": 1, "status": 503},
    ]));
    tenant.checked(&[1], "Authentication Error", "second").await;
    assert_eq!(tenant.states().await, ["pending"]);
    tenant.msp.faults(json!([]));
    let closed = json!([{"op": "replace", "path": "status", "value": {"id": 13}}]);
    tenant.msp.as_person(Method::PATCH, &ticket, &closed).await;
    tenant.later(SignedDuration::from_hours(1));
    tenant.checked(&[1], "Completed", "").await;
    tenant.msp.with_new_session().await.done("snoozes/save", &json!({"company": BLUE_LIGHT, "reason": "Move"})).await;
    tenant.checked(&[1], "Authentication Error", "third").await;
    assert_eq!((tenant.msp.tickets().len(), tenant.states().await), (1, vec![json!("held")]));
}

/// The create of a ticket is not confirmed when the failure is snoozed.
#[tokio::test]
async fn a_ticket_that_may_have_been_created_is_looked_for_before_its_failure_is_held() {
    for (lost, tickets, state) in [("before", 0, "held"), ("after", 1, "synced")] {
        let tenant = Tenant::with_mailboxes(1).await;
        tenant.msp.faults(json!([
            {"method": "POST", "path": "*/service/tickets", "drop": lost},
            {"method": "GET", "path": "*/service/tickets", "after": 1, "status": 503},
        ]));
        tenant.checked(&[1], "Authentication Error", "").await;
        assert_eq!(tenant.states().await, ["pending"], "{lost}");
        tenant.msp.faults(json!([]));
        let msp = tenant.msp.with_new_session().await;
        msp.done("snoozes/save", &json!({"company": BLUE_LIGHT, "reason": "Move"})).await;
        for _ in 0..2 {
            tenant.later(SignedDuration::from_hours(1));
            tenant.redrive().await;
        }
        assert_eq!((tenant.msp.tickets().len(), tenant.states().await), (tickets, vec![json!(state)]), "{lost}");
    }
}

/// ConnectWise is down when the snooze ends.
#[tokio::test]
async fn a_ticket_that_could_not_be_opened_at_the_end_is_opened_later() {
    let tenant = Tenant::with_mailboxes(1).await;
    let snooze = json!({"company": BLUE_LIGHT, "until": tenant.in_hours(100), "reason": "Maintenance"});
    tenant.msp.done("snoozes/save", &snooze).await;
    tenant.checked(&[1], "Authentication Error", "").await;
    tenant.later(SignedDuration::from_hours(101));
    tenant.msp.faults(json!([{"path": "*", "status": 503}]));
    tenant.redrive().await;
    assert_eq!((tenant.msp.tickets(), tenant.states().await), (vec![], vec![json!("pending")]));
    tenant.msp.faults(json!([]));
    tenant.later(SignedDuration::from_hours(2));
    tenant.redrive().await;
    assert_eq!((tenant.msp.tickets().len(), tenant.states().await), (1, vec![json!("synced")]));
}
