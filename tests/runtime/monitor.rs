//! Cost of a monitor round over organizations without changes, with the functions' binaries. The defaults are small;
//! `ORGANIZATIONS=2000 MAILBOXES=50` sets the size. A tenth of the organizations is measured as well, because the cost
//! must be proportional. The rate limit is 60,000 requests a minute, not the template's 150, so that the test does not
//! wait. `actions.rs` tests the limit.

use conformance::portal::{Step, TOKENS, story};
use conformance::runtime_api::Outcome;
use jiff::Timestamp;
use sandbox::dropsuite::Backups;
use sandbox::stack::APPLICATION_ID;
use serde_json::{Value, json};
use service_manager::domain::msp::MspId;
use service_manager::store::{AgreementLink, ConfigurationLedger, ConfigurationPlace};

use crate::actions::{CHECKS, check, deleted, monitor, received};
use crate::portal::Portal;
use crate::process::memory_kb;

/// The requests of the story that save an MSP's settings.
const SET_UP: [&str; 3] = ["portal/session/create", "portal/settings/credentials", "portal/settings/save"];

/// One mailbox in every second organization fails.
const ONE_FAILS_OF: usize = 2;

/// The cost of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    messages: usize,
    vendor_calls: usize,
    connectwise_calls: usize,
    keyed_reads: usize,
    queries: usize,
    writes: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_writes_nothing_and_costs_in_proportion() {
    let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (organizations, mailboxes) = (number("ORGANIZATIONS", 20), number("MAILBOXES", 50));
    let few = round(organizations / 10, mailboxes).await;
    let many = round(organizations / 10 * 10, mailboxes).await;
    assert_eq!((few.writes, many.writes), (0, 0));
    assert_eq!((few.connectwise_calls, many.connectwise_calls), (0, 0));
    assert_eq!((few.messages, many.messages), (organizations / 10, organizations / 10 * 10));
    assert_eq!(many.vendor_calls, 10 * few.vendor_calls);
    // The cursor is read once per round, not per organization.
    // The monitor's cursor, and the first read of each of the two processes.
    assert_eq!(many.keyed_reads - 3, 10 * (few.keyed_reads - 3));
    // The list of MSPs, a page of links for each megabyte of links, and the failing actions and the configurations of each
    // organization.
    assert!(many.queries <= 2 + organizations / 1000 + 2 * organizations, "{many:?}");
}

/// Returns the cost of the second round.
async fn round(organizations: usize, mailboxes: usize) -> Cost {
    let mut portal = of(organizations, mailboxes).await;
    run_round(&mut portal, organizations).await;
    let failing = organizations.div_ceil(ONE_FAILS_OF);
    assert_eq!(actions(&portal).await, failing);
    // Restart the functions, so that their memory is that of the round only.
    for mut function in std::mem::take(&mut portal.running).into_values() {
        assert!(function.terminate().await.unwrap().success());
    }
    let (calls, operations) =
        (portal.deployed.stack.dropsuite.calls().len(), portal.deployed.stack.dynamodb.operations().len());
    let connectwise_calls = portal.deployed.stack.connectwise.calls().len();
    run_round(&mut portal, organizations).await;
    let operations = portal.deployed.stack.dynamodb.operations().split_off(operations);
    let count = |names: &[&str]| operations.iter().filter(|operation| names.contains(&operation.as_str())).count();
    let (keyed_reads, queries) = (count(&["GetItem"]), count(&["Query"]));
    let vendor_calls = portal.deployed.stack.dropsuite.calls().len() - calls;
    let writes = operations.len() - keyed_reads - queries;
    let connectwise_calls = portal.deployed.stack.connectwise.calls().len() - connectwise_calls;
    let cost = Cost { messages: organizations, vendor_calls, connectwise_calls, keyed_reads, queries, writes };
    let memory = |name: &str| memory_kb(portal.running[name].id().unwrap());
    println!(
        "{organizations} organizations of {mailboxes} mailboxes, {failing} failing as before: {cost:?}; \
         at most {} KiB resident in actions-monitor, {} KiB in actions-check",
        memory("actions-monitor"),
        memory("actions-check"),
    );
    cost
}

/// Starts a stack with an MSP that has saved its settings, and with linked organizations, whose configurations are known.
async fn of(organizations: usize, mailboxes: usize) -> Portal {
    let mut portal = Portal::new().await;
    for step in story().unwrap() {
        if let Step::Ask(ask) = step
            && SET_UP.contains(&ask.endpoint.path)
        {
            assert_eq!(portal.ask(&ask).await["status"], 200);
        }
    }
    let msp = MspId::from_reseller_token(&portal.deployed.stack.dropsuite_url.parse().unwrap(), &TOKENS[0].into());
    let client = sandbox::http_client().unwrap();
    let url = portal.deployed.stack.dropsuite_url.replace("/api", "/_sandbox/organizations");
    for number in 0..organizations {
        let new = json!({
            "email": format!("it@customer{number}.example"), "organization_name": format!("Customer {number}"),
            "seats": mailboxes,
        });
        let row: Value = client.post(&url).json(&new).send().await.unwrap().json().await.unwrap();
        let id = row["id"].as_str().unwrap();
        let added = portal.deployed.stack.dropsuite.add_mailboxes(id, mailboxes).unwrap();
        if number % ONE_FAILS_OF == 0 {
            let failing = Backups {
                status: "Authentication Error".to_owned(),
                mailboxes: Some(vec![added[0].email.clone()]),
                ..Backups::default()
            };
            portal.deployed.stack.dropsuite.set_backups(id, &failing).unwrap();
        }
        let link = json!({
            "msp": msp, "account": { "application": APPLICATION_ID.to_lowercase(), "account": format!("A-{number}") },
            "organization": id, "company": 20, "agreement": 104, "linked_at": Timestamp::now(),
        });
        let store = &portal.deployed.stack.app.store;
        let link: AgreementLink = serde_json::from_value(link).unwrap();
        assert!(store.link_agreement(&link, None, None).await.unwrap());
        let settings = store.msp(msp).await.unwrap().unwrap();
        let place = ConfigurationPlace::new(msp, &settings, link.company);
        let mut part = ConfigurationLedger::default().open_part(&link.organization.unwrap(), &place, Timestamp::now());
        part.actions = added.iter().map(|mailbox| format!("euwest.backup.{}", mailbox.id)).collect();
        part.version = 1;
        assert!(store.save_configured_actions(&part).await.unwrap());
    }
    portal
}

/// Runs a complete round.
async fn run_round(portal: &mut Portal, organizations: usize) {
    let sent = json!({ "sent": organizations, "backlog": 0, "completed": true });
    assert_eq!(monitor(portal).await, Outcome::Response(sent));
    loop {
        let records = received(&portal.deployed, CHECKS).await;
        if records.is_empty() {
            return;
        }
        assert_eq!(check(portal, &records).await, Outcome::Response(json!({ "batchItemFailures": [] })));
        deleted(&portal.deployed, CHECKS, &records).await;
    }
}

/// Returns the number of recorded actions.
async fn actions(portal: &Portal) -> usize {
    let items = portal.deployed.stack.dynamodb.items(&portal.deployed.stack.table).await.unwrap();
    items.iter().filter(|item| item["sk"]["S"] == "action").count()
}
