//! Random histories of checks: mailboxes fail, recover and are removed, while the vendor's answers are sometimes empty,
//! partial, missing, refused or late, and those of ConnectWise are lost. A mailbox that fails must have one open ticket, from
//! its first failure to its recovery or its removal, whatever one answer shows, and each mailbox one configuration.
//!
//! A history is made from its seed alone. `HISTORIES=1000` says how many, `SEED=…` replays one. With the feature
//! `trust-first-answer` the product has a deliberate defect, and this test must fail.

use std::collections::BTreeMap;

use fastrand::Rng;
use faults::harness::{DEADLINE, Harness, written_of_actions};
use faults::histories;
use faults::parallel;
use faults::request::action::{action, failures};
use faults::request::connectwise::{link, organization};
use faults::request::dropsuite::{service, synchronize};
use jiff::SignedDuration;
use sandbox::background;
use sandbox::dropsuite::Backups;
use sandbox::faults::{Cut, Rule};
use serde_json::{Value, json};
use service_manager::vendor::VendorName;

const MAILBOXES: usize = 4;
const ROUNDS: usize = 16;
const PATIENCE: u32 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_mailbox_has_one_open_ticket_whatever_one_answer_shows() {
    let _turn = parallel::turn().await;
    histories::run(16, history, |all, counted: Vec<Counted>, diverged| {
        let faulty: usize = counted.iter().map(|counted| counted.faulty).sum();
        let tickets: usize = counted.iter().map(|counted| counted.tickets).sum();
        let lost: usize = counted.iter().map(|counted| counted.lost).sum();
        println!(
            "{all} histories of {ROUNDS} rounds of checks, {faulty} faulty answers, {lost} rounds in which ConnectWise's answers were lost, {tickets} tickets, {diverged} divergences"
        );
    })
    .await;
}

/// Counts of a history.
struct Counted {
    faulty: usize,
    lost: usize,
    tickets: usize,
}

/// The vendor's answers in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    /// All that the vendor has.
    Whole,
    /// The list of mailboxes is empty.
    Empty,
    /// The response has no body.
    NoContent,
    /// The organization is not found.
    NotFound,
    /// The list lacks a mailbox.
    Partial,
    /// The list is not answered.
    Unavailable,
    /// The tokens are refused.
    Refused,
}

impl Answers {
    fn random(random: &mut Rng) -> Self {
        [Self::Whole, Self::Empty, Self::NoContent, Self::NotFound, Self::Partial, Self::Unavailable, Self::Refused]
            [random.usize(0..7)]
    }

    fn lacks_mailboxes(self) -> bool {
        [Self::Empty, Self::NoContent, Self::NotFound, Self::Partial].contains(&self)
    }

    /// Returns the fault rules, for a vendor that has `mailboxes`.
    fn rules(self, random: &mut Rng, mailboxes: &[Value]) -> Vec<Rule> {
        let of = |path: &str, status: u16, body: Option<Value>| Rule {
            method: Some("GET".to_owned()),
            path: path.to_owned(),
            status: Some(status),
            body,
            ..Rule::default()
        };
        match self {
            Self::Whole => Vec::new(),
            Self::Empty => vec![of("/accounts", 200, Some(json!([])))],
            Self::NoContent => vec![of("/accounts", 204, None)],
            Self::NotFound => vec![of("/users/*", 404, None)],
            Self::Unavailable => vec![of("/accounts", 503, None)],
            Self::Refused => vec![of("/users/*", 401, Some(json!({"error": "Invalid token"})))],
            Self::Partial => {
                let mut rows = mailboxes.to_vec();
                if !rows.is_empty() {
                    rows.remove(random.usize(0..rows.len()));
                }
                let pagination = json!({"current_page": 1, "total_pages": 1, "total_entries": rows.len()});
                vec![of("/accounts", 200, Some(json!({"result_set": rows, "pagination": pagination})))]
            }
        }
    }
}

/// State of a mailbox at the vendor, and the number of its runs of failures.
#[derive(Clone, Debug, Default)]
struct Truth {
    fails: bool,
    removed: bool,
    runs: usize,
}

async fn history(seed: u64) -> Result<Counted, String> {
    let mut random = Rng::with_seed(seed);
    let harness = Harness::new(VendorName::Dropsuite, DEADLINE).await.unwrap();
    harness.set_up_connectwise().await;
    for request in [synchronize(1), service("subscriptions/create", 1, 3, &json!({})), link(1, 20, 104)] {
        harness.done(request.path, request.body).await;
    }
    let added = harness.stack.dropsuite.add_mailboxes(&organization(1), MAILBOXES).unwrap();
    let mut truth: BTreeMap<u64, Truth> = added.iter().map(|key| (key.id, Truth::default())).collect();
    let (mut faulty, mut lost, mut may_lack) = (0, 0, true);
    for round in 0..ROUNDS {
        // A mailbox changes only before a whole answer, so that each of its runs of failures is seen.
        let answers = if may_lack { Answers::random(&mut random) } else { Answers::Whole };
        if answers == Answers::Whole {
            change(&harness, &mut random, &mut truth);
        } else {
            faulty += 1;
        }
        // Two answers in a row that lack a mailbox prove that it is gone.
        may_lack = !answers.lacks_mailboxes();
        let rules = answers.rules(&mut random, &mailboxes(&harness));
        harness.stack.dropsuite.faults().set(rules);
        lost += usize::from(lose_configurations(&harness, &mut random));
        check(&harness, &truth).await?;
        harness.stack.dropsuite.faults().clear();
        compare(&harness, &truth, false).map_err(|why| format!("round {round}, {answers:?}: {why}"))?;
    }
    // One round may wait for an answer that was lost, the next one creates, and the last one changes nothing.
    for _ in 0..3 {
        check(&harness, &truth).await?;
    }
    compare(&harness, &truth, true).map_err(|why| format!("at the end: {why}"))?;
    Ok(Counted { faulty, lost, tickets: truth.values().map(|truth| truth.runs).sum() })
}

/// Makes ConnectWise lose the answers of some configurations, or the requests, in one of two rounds.
fn lose_configurations(harness: &Harness, random: &mut Rng) -> bool {
    if random.bool() {
        return false;
    }
    let cut = if random.bool() { Cut::After } else { Cut::Before };
    let (after, times) = (random.u64(0..3), Some(random.u64(1..3)));
    let rule = Rule {
        method: Some("POST".to_owned()),
        path: "/company/configurations".to_owned(),
        drop: Some(cut),
        after,
        times,
        ..Rule::default()
    };
    harness.stack.connectwise.faults().set(vec![rule]);
    true
}

/// Returns the mailboxes that the vendor has.
fn mailboxes(harness: &Harness) -> Vec<Value> {
    let state = harness.vendor_state();
    state["mailboxes"][organization(1)].as_array().cloned().unwrap_or_default()
}

/// Changes the state of some mailboxes.
fn change(harness: &Harness, random: &mut Rng, truth: &mut BTreeMap<u64, Truth>) {
    let dropsuite = &harness.stack.dropsuite;
    let rows = mailboxes(harness);
    for row in rows {
        let id = row["id"].as_u64().unwrap();
        let truth = truth.get_mut(&id).unwrap();
        let backups = |status: &str| Backups {
            status: status.to_owned(),
            errors: Value::Null,
            mailboxes: Some(vec![row["email"].as_str().unwrap().to_owned()]),
        };
        match random.u32(0..12) {
            0..=3 if !truth.fails => {
                dropsuite.set_backups(&organization(1), &backups("Authentication Error")).unwrap();
                *truth = Truth { fails: true, runs: truth.runs + 1, ..truth.clone() };
            }
            4..=5 if truth.fails => {
                dropsuite.set_backups(&organization(1), &backups("Completed")).unwrap();
                truth.fails = false;
            }
            6 => {
                dropsuite.remove_mailbox(&organization(1), id).unwrap();
                truth.removed = true;
            }
            _ => {}
        }
    }
}

/// Runs a round, and delivers the stream's events.
async fn check(harness: &Harness, truth: &BTreeMap<u64, Truth>) -> Result<(), String> {
    let stack = &harness.stack;
    let report = background::monitor(&stack.app).await.map_err(|failure| failure.log_message().to_owned())?;
    if report.sent != 1 {
        return Err(format!("no round: {report:?}"));
    }
    background::check(&stack.app, &stack.queues).await?;
    stack.connectwise.faults().clear();
    let keys = truth.keys().map(|id| action(&format!("euwest.backup.{id}"))).chain([failures()]);
    let events = written_of_actions(keys);
    // As the stream does.
    for _ in 0..PATIENCE {
        if harness.call(&events).await.is_success() {
            stack.clock.advance(SignedDuration::from_hours(1));
            return Ok(());
        }
    }
    Err("the tickets are not in sync".to_owned())
}

/// Checks that each failing mailbox has one open ticket, and had one ticket for each run of its failures. `settled` is
/// `true` if the removal of mailboxes must have been noticed.
fn compare(harness: &Harness, truth: &BTreeMap<u64, Truth>, settled: bool) -> Result<(), String> {
    let held = harness.connectwise();
    let tickets: Vec<&Value> = held["ticket"].as_array().into_iter().flatten().collect();
    for (id, truth) in truth {
        let key = format!("euwest.backup.{id}");
        let configurations = held["configuration"].as_array().into_iter().flatten();
        let count = configurations.filter(|row| row["deviceIdentifier"] == *key).count();
        if count > 1 || (settled && !truth.removed && count == 0) {
            return Err(format!("mailbox {id} ({truth:?}) has {count} configurations"));
        }
        let begins = format!("euwest.backup.{id}@");
        let of_it = |ticket: &&&Value| ticket["externalXRef"].as_str().is_some_and(|held| held.starts_with(&begins));
        let all = tickets.iter().filter(of_it).count();
        let open = tickets.iter().filter(of_it).filter(|ticket| ticket["closedFlag"] != true).count();
        let expected = usize::from(truth.fails && !truth.removed);
        if truth.removed && !settled && open <= 1 {
            continue;
        }
        // A mailbox that failed and was removed at once has no ticket.
        let may_lack_one = usize::from(truth.removed);
        if open != expected || all > truth.runs || all + may_lack_one < truth.runs {
            return Err(format!("mailbox {id} ({truth:?}) has {all} tickets, of which {open} are open"));
        }
    }
    Ok(())
}
