//! Backups that fail at the vendor are detected by the monitor and become tickets in ConnectWise, which are closed
//! automatically.

use jiff::SignedDuration;
use reqwest::Method;
use sandbox::background;
use sandbox::faults::Rule;
use serde_json::{Value, json};

use crate::actions::tenant::Tenant;
use crate::portal::msp::bodies::{BLUE_BACKUP, BLUE_LIGHT};
use crate::portal::msp::{LINK, NOTHING, UNLINK};

impl Tenant {
    fn tickets(&self) -> Vec<Value> {
        self.msp.tickets()
    }

    fn ticket(&self) -> Value {
        let tickets = self.tickets();
        assert_eq!(tickets.len(), 1, "{tickets:?}");
        tickets[0].clone()
    }

    /// Returns the notes of a ticket, without its description.
    async fn notes(&self, ticket: &Value) -> Vec<Value> {
        let path = format!("service/tickets/{}/notes", ticket["id"]);
        let notes = self.msp.as_person(Method::GET, &path, &json!({})).await;
        notes.as_array().unwrap().iter().filter(|note| note["detailDescriptionFlag"] != true).cloned().collect()
    }

    async fn description(&self, ticket: &Value) -> String {
        let path = format!("service/tickets/{}/notes", ticket["id"]);
        let notes = self.msp.as_person(Method::GET, &path, &json!({})).await;
        let first = notes.as_array().unwrap().iter().find(|note| note["detailDescriptionFlag"] == true).cloned();
        first.unwrap()["text"].as_str().unwrap().to_owned()
    }

    async fn patch(&self, ticket: &Value, field: &str, value: Value) {
        let patch = json!([{"op": "replace", "path": field, "value": value}]);
        self.msp.as_person(Method::PATCH, &format!("service/tickets/{}", ticket["id"]), &patch).await;
    }
}

#[tokio::test]
async fn a_failure_opens_one_ticket_which_is_closed_automatically() {
    let tenant = Tenant::with_mailboxes(3).await;
    let msp = &tenant.msp;
    msp.run_checks().await;
    assert_eq!(tenant.tickets(), NOTHING, "all is well");

    tenant.backups(&[1], "Authentication Error", "The password was not accepted");
    msp.run_checks().await;
    let ticket = tenant.ticket();
    let name = format!("euwest.backup.{}", tenant.mailboxes()[0]["id"]);
    assert_eq!(ticket["status"]["id"], 11);
    assert_eq!(ticket["board"]["id"], 1);
    assert_eq!(ticket["company"]["id"], BLUE_LIGHT);
    assert_eq!(ticket["agreement"]["id"], BLUE_BACKUP);
    let description = tenant.description(&ticket).await;
    for text in ["mailbox1@", "password", "needs renewing", "attempt 1", &name] {
        assert!(description.contains(text), "{text}: {description}");
    }
    let configurations: Vec<_> =
        msp.records("configuration").into_iter().filter(|records| records["name"] == json!(name)).collect();
    assert_eq!(configurations.len(), 1);
    assert_eq!(configurations[0]["type"]["name"], "dropsuite_mailbox_actions");
    assert_eq!(configurations[0]["company"]["id"], BLUE_LIGHT);
    let path = format!("service/tickets/{}/configurations", ticket["id"]);
    let attached = msp.as_person(Method::GET, &path, &json!({})).await;
    assert_eq!(attached[0]["id"], configurations[0]["id"]);

    let writes = msp.writes().len();
    msp.run_checks().await;
    assert_eq!(msp.writes().len(), writes, "nothing has changed");

    tenant.backups(&[1], "Authentication Error", "The account is locked");
    msp.run_checks().await;
    assert_eq!(tenant.ticket()["id"], ticket["id"]);
    let notes = tenant.notes(&ticket).await;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0]["text"].as_str().unwrap().contains("Attempt 2"), "{notes:?}");

    tenant.backups(&[1], "Completed", "");
    msp.run_checks().await;
    assert_eq!(tenant.ticket()["status"]["id"], 13);
    let notes = tenant.notes(&ticket).await;
    assert!(notes[1]["text"].as_str().unwrap().contains("has been working again"), "{notes:?}");
    assert_eq!(notes[1]["resolutionFlag"], true);

    tenant.backups(&[1], "Space Full", "The archive is full");
    msp.run_checks().await;
    let tickets = tenant.tickets();
    assert_eq!(tickets.len(), 2, "a failure after the end is another ticket");
    assert_eq!(tickets[1]["status"]["id"], 11);
    assert_eq!(msp.records("configuration").iter().filter(|records| records["name"] == json!(name)).count(), 1);
}

#[tokio::test]
async fn an_abandoned_action_cancels_the_ticket() {
    let tenant = Tenant::with_mailboxes(2).await;
    tenant.backups(&[1, 2], "Space Full", "");
    tenant.msp.run_checks().await;
    assert_eq!(tenant.tickets().len(), 2);
    tenant.backups(&[1], "Deactivated", "");
    let second = tenant.mailboxes()[1]["id"].to_string();
    let url = tenant.msp.bss.stack.dropsuite_url.replace("/api", "");
    let url = format!("{url}/_sandbox/organizations/{}/mailboxes/{second}", tenant.organization);
    let client = sandbox::http_client().unwrap();
    assert!(client.delete(url).send().await.unwrap().status().is_success());
    tenant.msp.run_checks().await;
    let tickets = tenant.tickets();
    let mut statuses: Vec<_> = tickets.iter().filter_map(|ticket| ticket["status"]["id"].as_u64()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [11, 14], "one list without a mailbox proves nothing");
    tenant.msp.bss.stack.clock.advance(SignedDuration::from_hours(1));
    tenant.msp.run_checks().await;
    for ticket in tenant.tickets() {
        assert_eq!(ticket["status"]["id"], 14, "{ticket}");
        assert!(tenant.notes(&ticket).await[0]["text"].as_str().unwrap().contains("not retried any more"));
    }
}

#[tokio::test]
async fn a_backup_that_the_vendor_retries_is_no_failure_yet() {
    let tenant = Tenant::with_mailboxes(5).await;
    let clock = &tenant.msp.bss.stack.clock;
    tenant.backups(&[1], "Retrying", "timeout");
    tenant.backups(&[2], "Connection Error", "");
    tenant.backups(&[3], "Partially Completed", "3 items failed");
    tenant.backups(&[4], "Running", "");
    tenant.backups(&[5], "Retrying", "The password was not accepted");
    for (hours, tickets) in [(0, 1), (1, 1), (2, 2), (11, 3), (11, 4), (9 * 24, 5)] {
        clock.advance(SignedDuration::from_hours(hours));
        tenant.msp.run_checks().await;
        assert_eq!(tenant.tickets().len(), tickets, "{hours} hours later");
    }
    tenant.backups(&[], "Completed", "");
    tenant.msp.run_checks().await;
    assert!(tenant.tickets().iter().all(|ticket| ticket["status"]["id"] == 13));

    tenant.backups(&[1], "Retrying", "timeout");
    tenant.msp.run_checks().await;
    tenant.backups(&[1], "Completed", "");
    tenant.msp.run_checks().await;
    clock.advance(SignedDuration::from_hours(14));
    tenant.msp.run_checks().await;
    assert_eq!(tenant.tickets().len(), 5, "the vendor completed it");
}

/// The list lacks mailboxes although seats are in use, as with a wrong token.
#[tokio::test]
async fn an_empty_list_proves_nothing_while_seats_are_in_use() {
    let tenant = Tenant::with_mailboxes(1).await;
    tenant.backups(&[1], "Space Full", "");
    tenant.msp.run_checks().await;
    let stack = &tenant.msp.bss.stack;
    let url = stack.dropsuite_url.replace("/api", &format!("/_sandbox/organizations/{}", tenant.organization));
    let client = sandbox::http_client().unwrap();
    let used = client.patch(url).body(json!({"seats_used": 1}).to_string()).send().await.unwrap();
    assert!(used.status().is_success(), "{used:?}");
    let empty = Rule { path: "/accounts".to_owned(), status: Some(200), body: Some(json!([])), ..Rule::default() };
    stack.dropsuite.faults().set(vec![empty]);
    for _ in 0..3 {
        stack.clock.advance(SignedDuration::from_hours(1));
        tenant.msp.run_checks().await;
    }
    assert_eq!(tenant.ticket()["status"]["id"], 11);
    assert!(stack.queues.messages(background::ACTIONS).is_empty(), "a failed check does not stay in the queue");
}

#[tokio::test]
async fn many_failures_open_one_group_ticket() {
    let tenant = Tenant::with_mailboxes(120).await;
    tenant.backups(&[], "Authentication Error", "The consent was withdrawn");
    tenant.msp.run_checks().await;
    let ticket = tenant.ticket();
    assert!(ticket["summary"].as_str().unwrap().contains("120 mailboxes"), "{ticket}");
    let description = tenant.description(&ticket).await;
    assert!(description.contains("mailbox1@") && description.contains(" and 20 more"), "{description}");
    assert_eq!(
        tenant.msp.writes().iter().filter(|write| write.contains("tickets") && write.contains("POST")).count(),
        2
    );

    let some: Vec<_> = (2..=120).collect();
    tenant.backups(&some, "Completed", "");
    tenant.msp.run_checks().await;
    assert_eq!(tenant.ticket()["status"]["id"], 11, "one still fails");
    tenant.backups(&[1], "Completed", "");
    tenant.msp.run_checks().await;
    assert_eq!(tenant.ticket()["status"]["id"], 13);
}

#[tokio::test]
async fn a_group_is_counted_if_the_table_refuses_one_of_many_writes() {
    let tenant = Tenant::with_mailboxes(130).await;
    tenant.backups(&[], "Authentication Error", "The consent was withdrawn");
    let refused = json!({
        "path": "/", "after": 110, "times": 1, "status": 400, "body": {"__type": "ValidationException"},
        "header": {"name": "x-amz-target", "value": "*.TransactWriteItems"},
    });
    tenant.msp.bss.stack.dynamodb.faults().set(serde_json::from_value(json!([refused])).unwrap());
    tenant.msp.run_checks().await;
    let ticket = tenant.ticket();
    let summary = ticket["summary"].as_str().unwrap();
    let count: u32 = summary.split(' ').nth(2).unwrap().parse().unwrap();
    assert!((90..130).contains(&count), "{summary}");

    tenant.msp.run_checks().await;
    tenant.msp.run_checks().await;
    assert_eq!(tenant.ticket()["id"], ticket["id"]);
    tenant.backups(&[], "Completed", "");
    tenant.msp.run_checks().await;
    assert_eq!(tenant.ticket()["status"]["id"], 13);
}

#[tokio::test]
async fn a_ticket_closed_by_a_person_stays_closed_until_a_new_failure() {
    let tenant = Tenant::with_mailboxes(1).await;
    tenant.backups(&[1], "Space Full", "The archive is full");
    tenant.msp.run_checks().await;
    let ticket = tenant.ticket();
    tenant.patch(&ticket, "status", json!({"id": 13})).await;
    tenant.backups(&[1], "Space Full", "");
    tenant.msp.run_checks().await;
    assert_eq!(tenant.notes(&ticket).await, NOTHING);
    tenant.backups(&[1], "Completed", "");
    tenant.msp.run_checks().await;
    assert_eq!(tenant.ticket()["id"], ticket["id"]);
    tenant.backups(&[1], "Space Full", "The archive is full");
    tenant.msp.run_checks().await;
    let tickets = tenant.tickets();
    assert_eq!(tickets.len(), 2);
    tenant.msp.as_person(Method::DELETE, &format!("service/tickets/{}", tickets[1]["id"]), &json!({})).await;
    tenant.backups(&[1], "Completed", "");
    tenant.msp.run_checks().await;
    assert_eq!(tenant.tickets().len(), 1, "the deleted one is not made again");
}

#[tokio::test]
async fn a_moved_ticket_is_closed_on_its_board() {
    let tenant = Tenant::with_mailboxes(1).await;
    tenant.backups(&[1], "Space Full", "The archive is full");
    tenant.msp.run_checks().await;
    let ticket = tenant.ticket();
    let path = format!("service/tickets/{}", ticket["id"]);
    let moved = json!([
        {"op": "replace", "path": "board", "value": {"id": 2}},
        {"op": "replace", "path": "status", "value": {"id": 21}},
    ]);
    tenant.msp.as_person(Method::PATCH, &path, &moved).await;
    tenant.backups(&[1], "Completed", "");
    tenant.msp.run_checks().await;
    let closed = tenant.msp.as_person(Method::GET, &path, &json!({})).await;
    assert_eq!((&closed["board"]["id"], &closed["closedFlag"]), (&json!(2), &json!(true)), "{closed}");
}

#[tokio::test]
async fn failures_before_the_link_open_no_ticket() {
    let tenant = Tenant::with_mailboxes(1).await;
    let msp = &tenant.msp;
    let link = msp.list("links").await[0].clone();
    let account = json!({"application": link["application"], "account": link["account"]});
    msp.done(UNLINK, &account).await;
    tenant.backups(&[1], "Space Full", "The archive is full");
    msp.run_checks().await;
    assert_eq!(tenant.tickets(), NOTHING);
    let again = json!({"organization": tenant.organization, "company": BLUE_LIGHT, "agreement": BLUE_BACKUP});
    msp.done(LINK, &again).await;
    msp.run_checks().await;
    assert_eq!(tenant.tickets().len(), 1);
}

#[tokio::test]
async fn after_a_long_outage_old_failures_do_not_flood_the_board() {
    let tenant = Tenant::with_mailboxes(1).await;
    let msp = &tenant.msp;
    tenant.backups(&[1], "Space Full", "The archive is full");
    msp.faults(json!([{"path": "/company/configurations", "status": 503}]));
    background::monitor(&msp.bss.stack.app).await.unwrap();
    background::check(&msp.bss.stack.app, &msp.bss.stack.queues).await.unwrap();
    msp.bss.stack.clock.advance(SignedDuration::from_hours(72));
    msp.faults(json!([]));
    background::redrive(&msp.bss.stack.app).await.unwrap();
    msp.wait_for_tickets().await;
    assert_eq!(tenant.tickets(), NOTHING);
}
