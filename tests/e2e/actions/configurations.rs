//! Actions that completed have a configuration in ConnectWise, and no ticket.

use std::sync::LazyLock;

use jiff::SignedDuration;
use sandbox::background;
use sandbox::dropsuite::{Backups, MailboxKey};
use serde_json::{Value, json};
use service_manager::workers::actions::check;
use service_manager::workers::queue;

use crate::client::merged;
use crate::portal::msp::bodies::{ACME, BLUE_LIGHT, MANAGED, link, sells, ticket_mapping};
use crate::portal::msp::{LINK, Msp, NOTHING, SAVE};

/// Operations that change the table.
const WRITES: [&str; 4] = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];

/// A fault: a request to create a configuration gets no answer, and it is unknown whether it arrived.
static CREATE_IS_LOST: LazyLock<Value> =
    LazyLock::new(|| json!({"method": "POST", "path": "/company/configurations", "times": 1, "drop": "before"}));

/// An MSP with one organization.
struct Tenant {
    msp: Msp,
    organization: String,
}

impl Tenant {
    /// Adds `count` mailboxes, whose backups completed.
    async fn with_mailboxes(count: usize) -> Self {
        let tenant = Self::of(Msp::with_tenant().await);
        tenant.add(count);
        tenant
    }

    fn of(msp: Msp) -> Self {
        let organization = msp.bss.organizations()[0]["id"].as_str().unwrap().to_owned();
        Self { msp, organization }
    }

    fn add(&self, count: usize) -> Vec<MailboxKey> {
        self.msp.bss.stack.dropsuite.add_mailboxes(&self.organization, count).unwrap()
    }

    /// Returns name and company of the configurations of the service manager's type, ordered.
    fn configured(&self) -> Vec<(String, u64)> {
        let ours = |row: &Value| row["type"]["name"] == "dropsuite_mailbox_actions";
        let rows = self.msp.records("configuration").into_iter().filter(ours);
        let mut rows: Vec<_> = rows
            .map(|row| {
                assert_eq!(row["name"], row["deviceIdentifier"]);
                (row["name"].as_str().unwrap().to_owned(), row["company"]["id"].as_u64().unwrap())
            })
            .collect();
        rows.sort();
        rows
    }

    /// Returns what is expected for the backups of all mailboxes.
    fn expected(&self, company: u32) -> Vec<(String, u64)> {
        let state = self.msp.bss.stack.dropsuite.state_json();
        let mailboxes = state["mailboxes"][&self.organization].as_array().unwrap();
        let mut names: Vec<_> =
            mailboxes.iter().map(|row| (format!("euwest.backup.{}", row["id"]), u64::from(company))).collect();
        names.sort();
        names
    }

    /// Runs the next round. Returns the numbers of requests to ConnectWise and of writes to the table.
    async fn round(&self) -> (usize, usize) {
        let stack = &self.msp.bss.stack;
        stack.clock.advance(SignedDuration::from_hours(1));
        let calls = stack.connectwise.calls().len();
        background::monitor(&stack.app).await.unwrap();
        let operations = stack.dynamodb.operations().len();
        background::check(&stack.app, &stack.queues).await.unwrap();
        let operations = stack.dynamodb.operations().split_off(operations);
        let writes = operations.iter().filter(|name| WRITES.contains(&name.as_str())).count();
        (stack.connectwise.calls().len() - calls, writes)
    }

    /// Deletes the records of the configurations.
    async fn lose_records(&self) {
        let (stack, table) = (&self.msp.bss.stack, self.msp.bss.table().await);
        let is_record = |item: &&Value| item["sk"]["S"].as_str().unwrap().starts_with("configurations#");
        assert!(table.iter().any(|item| is_record(&item)));
        for item in table.iter().filter(is_record) {
            let key = json!({"TableName": stack.table, "Key": {"pk": item["pk"], "sk": item["sk"]}});
            stack.dynamodb.call("DeleteItem", &key).await.unwrap();
        }
    }

    fn set_backups(&self, status: &str) {
        let backups = Backups { status: status.to_owned(), errors: Value::Null, mailboxes: None };
        self.msp.bss.stack.dropsuite.set_backups(&self.organization, &backups).unwrap();
    }
}

#[tokio::test]
async fn a_completed_backup_has_a_configuration_which_is_created_once() {
    let tenant = Tenant::with_mailboxes(3).await;
    assert_eq!(tenant.round().await, (5, 2), "two lists, and one request for each");
    assert_eq!(tenant.configured(), tenant.expected(BLUE_LIGHT));
    assert_eq!(tenant.msp.tickets(), NOTHING);
    assert_eq!(tenant.round().await, (0, 0), "known");
    tenant.add(1);
    assert_eq!(tenant.round().await, (3, 2), "only the new one");
    assert_eq!(tenant.configured(), tenant.expected(BLUE_LIGHT));

    // The ticket of a failure has the same configuration, and a recovery needs no other one.
    tenant.set_backups("Space Full");
    tenant.msp.run_checks().await;
    assert_eq!(tenant.msp.tickets().len(), 4);
    tenant.msp.bss.stack.clock.advance(SignedDuration::from_mins(1));
    tenant.set_backups("Completed");
    tenant.msp.run_checks().await;
    assert!(tenant.msp.tickets().iter().all(|ticket| ticket["closedFlag"] == true));
    assert_eq!(tenant.configured(), tenant.expected(BLUE_LIGHT));
}

#[tokio::test]
async fn the_settings_switch_it_off_and_on() {
    let tenant = Tenant::with_mailboxes(2).await;
    let saved = tenant.msp.done(SAVE, &ticket_mapping(json!({"completedConfigurations": false}))).await;
    assert_eq!(saved["completedConfigurations"], false);
    assert_eq!(tenant.round().await, (0, 0));
    assert_eq!(tenant.configured(), []);
    tenant.set_backups("Space Full");
    tenant.msp.run_checks().await;
    assert_eq!(tenant.configured(), tenant.expected(BLUE_LIGHT), "a failed action has one in any case");
    let msp = tenant.msp.with_new_session().await;
    tenant.add(1);
    assert_eq!(msp.done(SAVE, &ticket_mapping(json!({}))).await["completedConfigurations"], true, "the default");
    tenant.round().await;
    assert_eq!(tenant.configured(), tenant.expected(BLUE_LIGHT));
}

#[tokio::test]
async fn another_company_has_configurations_of_its_own() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    let tenant = Tenant::of(msp);
    tenant.add(2);
    tenant.round().await;
    let msp = tenant.msp.with_new_session().await;
    msp.done(LINK, &link(json!({"company": ACME, "agreement": MANAGED}))).await;
    msp.wait_for_additions().await;
    tenant.round().await;
    let mut both = tenant.expected(ACME);
    both.extend(tenant.expected(BLUE_LIGHT));
    both.sort();
    assert_eq!(tenant.configured(), both);
    assert_eq!(tenant.round().await, (0, 0));
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_configuration() {
    let tenant = Tenant::with_mailboxes(3).await;
    let create = json!({"method": "POST", "path": "/company/configurations", "times": 1});
    for fault in [json!({"drop": "after"}), json!({"drop": "before"}), json!({"status": 503, "body": "busy"})] {
        tenant.add(1);
        tenant.msp.faults(json!([merged(create.clone(), fault)]));
        tenant.round().await;
        let first = tenant.configured().len();
        background::monitor(&tenant.msp.bss.stack.app).await.unwrap();
        background::check(&tenant.msp.bss.stack.app, &tenant.msp.bss.stack.queues).await.unwrap();
        assert!(tenant.configured().len() >= first);
        tenant.round().await;
        assert_eq!(tenant.configured(), tenant.expected(BLUE_LIGHT));
    }
}

#[tokio::test]
async fn one_list_does_not_prove_that_a_lost_create_never_arrived() {
    let tenant = Tenant::with_mailboxes(3).await;
    let path = "/company/configurations";
    let lost = json!({"method": "POST", "path": path, "times": 1, "drop": "after"});
    for absent in [json!({"status": 200, "body": []}), json!({"patch": [{"op": "remove", "path": "/0"}]})] {
        tenant.msp.faults(json!([lost]));
        tenant.round().await;
        tenant.msp.faults(json!([merged(json!({"method": "GET", "path": path, "times": 1}), absent)]));
        tenant.round().await;
        assert_eq!(tenant.configured(), tenant.expected(BLUE_LIGHT));
        tenant.add(1);
    }
}

/// The configurations exist, and their records are lost: of a table that was restored.
#[tokio::test]
async fn a_configuration_without_a_record_is_found_although_one_list_lacks_it() {
    let looks = json!({"method": "GET", "path": "/company/configurations", "status": 200, "body": []});
    let tenant = Tenant::with_mailboxes(2).await;
    tenant.round().await;
    tenant.lose_records().await;
    tenant.msp.faults(json!([merged(looks.clone(), json!({"times": 1}))]));
    assert_eq!(tenant.round().await, (2, 2), "two lists");
    assert_eq!(tenant.configured(), tenant.expected(BLUE_LIGHT));
    // Of a ticket, the first search.
    tenant.lose_records().await;
    tenant.msp.faults(json!([merged(looks, json!({"times": 1}))]));
    tenant.set_backups("Space Full");
    tenant.msp.run_checks().await;
    assert_eq!((tenant.msp.tickets().len(), tenant.configured()), (2, tenant.expected(BLUE_LIGHT)));
}

#[tokio::test]
async fn a_rejected_configuration_does_not_hold_up_the_others() {
    let tenant = Tenant::with_mailboxes(3).await;
    let body = json!({"code": "InvalidObject", "message": "configuration object is invalid", "errors": [
        {"code": "InvalidObject", "message": "No.", "resource": "configuration", "field": "name"},
    ]});
    let fault = json!({"method": "POST", "path": "/company/configurations", "times": 1, "status": 400, "body": body});
    tenant.msp.faults(json!([fault]));
    assert_eq!(tenant.round().await, (5, 2));
    assert_eq!(tenant.configured().len(), 2);
    tenant.round().await;
    assert_eq!(tenant.configured(), tenant.expected(BLUE_LIGHT));
}

#[tokio::test]
async fn what_connectwise_rejects_altogether_is_tried_once_a_day() {
    let tenant = Tenant::with_mailboxes(5).await;
    let body = json!({"code": "InvalidObject", "message": "configuration object is invalid", "errors": [
        {"code": "MissingObject", "message": "A question must be answered.", "resource": "configuration", "field": "type"},
    ]});
    tenant.msp.faults(json!([{"method": "POST", "path": "/company/configurations", "status": 400, "body": body}]));
    assert_eq!(tenant.round().await, (5, 2), "two lists and three requests");
    for _ in 0..22 {
        assert_eq!(tenant.round().await, (0, 0));
    }
    tenant.msp.bss.stack.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(tenant.round().await, (5, 2), "the next day");
    tenant.msp.faults(json!([]));
    tenant.msp.bss.stack.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(tenant.round().await, (7, 2));
    assert_eq!(tenant.configured(), tenant.expected(BLUE_LIGHT));
    assert_eq!(tenant.round().await, (0, 0));
}

#[tokio::test]
async fn a_check_does_not_send_keys_that_are_refused() {
    let tenant = Tenant::with_mailboxes(2).await;
    let refused = json!({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"});
    tenant.msp.faults(json!([{"path": "*", "status": 401, "body": refused}]));
    assert_eq!(tenant.round().await.0, 1, "the first refusal");
    assert_eq!(tenant.round().await.0, 1, "the second one");
    assert_eq!(tenant.round().await, (0, 0), "the redrive tries them");
    tenant.msp.faults(json!([]));
    background::redrive(&tenant.msp.bss.stack.app).await.unwrap();
    tenant.round().await;
    assert_eq!(tenant.configured(), tenant.expected(BLUE_LIGHT));
}

/// The request for the configuration may still arrive, and the ticket's own would make a second one.
#[tokio::test]
async fn a_ticket_waits_for_the_configuration_that_a_check_may_be_creating() {
    let tenant = Tenant::with_mailboxes(1).await;
    tenant.msp.faults(json!([CREATE_IS_LOST.clone()]));
    tenant.round().await;
    assert_eq!(tenant.configured(), []);
    let clock = &tenant.msp.bss.stack.clock;
    clock.advance(SignedDuration::from_mins(1));
    tenant.set_backups("Space Full");
    tenant.msp.run_checks().await;
    assert_eq!((tenant.msp.tickets().len(), tenant.configured().len()), (0, 0), "it may still arrive");
    clock.advance(SignedDuration::from_mins(20));
    background::redrive(&tenant.msp.bss.stack.app).await.unwrap();
    assert_eq!((tenant.msp.tickets().len(), tenant.configured()), (1, tenant.expected(BLUE_LIGHT)));
}

#[tokio::test]
async fn a_check_leaves_a_configuration_to_the_ticket_that_may_be_creating_it() {
    let tenant = Tenant::with_mailboxes(1).await;
    tenant.msp.faults(json!([CREATE_IS_LOST.clone()]));
    tenant.set_backups("Space Full");
    tenant.msp.run_checks().await;
    assert_eq!((tenant.msp.tickets().len(), tenant.configured().len()), (0, 0), "its answer was lost");
    tenant.msp.bss.stack.clock.advance(SignedDuration::from_mins(1));
    tenant.set_backups("Completed");
    tenant.msp.run_checks().await;
    assert_eq!(tenant.configured(), [], "it may still arrive");
    tenant.round().await;
    assert_eq!((tenant.msp.tickets().len(), tenant.configured()), (0, tenant.expected(BLUE_LIGHT)));
}

#[tokio::test]
async fn concurrent_checks_create_once() {
    let tenant = Tenant::with_mailboxes(5).await;
    let stack = &tenant.msp.bss.stack;
    let links = stack.app.store.enrolled_msps().await.unwrap();
    let links = stack.app.store.agreements(links[0].msp).await.unwrap();
    let body = json!({"msp": links[0].msp, "organization": tenant.organization, "company": links[0].company});
    let event = json!({"Records": [{"messageId": "1", "body": body.to_string()}]});
    let event: queue::Event = serde_json::from_value(event).unwrap();
    let run = || check::consume(&stack.app, &event, std::time::Duration::from_mins(1));
    tokio::join!(run(), run(), run());
    assert_eq!(tenant.configured(), tenant.expected(BLUE_LIGHT));
}
