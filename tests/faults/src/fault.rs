//! The faults: what may happen to one call of the vendor's API or of the table, or to the process that makes it.

use std::collections::BTreeMap;
use std::time::Duration;

use sandbox::faults::{Cut, Faults, Rule};
use serde_json::{Value, json};

use crate::request::Request;
use crate::world::{Answer, DEADLINE, LEASE, World};

/// Who is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Callee {
    /// The vendor's API.
    Vendor,
    /// The MSP's ConnectWise.
    ConnectWise,
    /// The table.
    Table,
}

/// A call that a request makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whom.
    pub callee: Callee,
    /// The how many-th of the callee's, from 0.
    pub number: u64,
    /// What it asks for.
    pub operation: String,
}

impl Step {
    /// Whether it changes nothing, whatever becomes of it.
    fn reads(&self) -> bool {
        match self.callee {
            Callee::Vendor | Callee::ConnectWise => self.operation.starts_with("GET "),
            Callee::Table => ["GetItem", "Query"].contains(&self.operation.as_str()),
        }
    }
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection is dropped and nothing was done.
    DroppedBefore,
    /// It was done, and the connection is dropped.
    DroppedAfter,
    /// 503 (the table: an internal error), and nothing was done.
    FailedBefore,
    /// It was done, and the answer is 503.
    FailedAfter,
    /// Too many requests; the SDK's own retries meet it as well.
    Throttled,
    /// No answer in time, and nothing is done.
    TimedOut,
    /// No answer in time, and it is done when the caller has given up.
    ActedLate,
    /// From this call on nobody answers.
    Outage,
    /// Somebody else's write came first, or so it seems.
    LostRace,
    /// The process dies before it is done.
    KilledBefore,
    /// It is done, and the process dies before the answer.
    KilledAfter,
    /// The process is frozen until its lease has run out and another one took over, and then goes on.
    Frozen,
}

impl Fault {
    /// What may happen to a call of `callee`.
    pub fn of(callee: Callee) -> &'static [Self] {
        match callee {
            Callee::Vendor | Callee::ConnectWise => &[
                Self::DroppedBefore,
                Self::DroppedAfter,
                Self::FailedBefore,
                Self::FailedAfter,
                Self::Throttled,
                Self::TimedOut,
                Self::ActedLate,
                Self::Outage,
                Self::KilledBefore,
                Self::KilledAfter,
                Self::Frozen,
            ],
            Callee::Table => &[
                Self::DroppedBefore,
                Self::DroppedAfter,
                Self::FailedBefore,
                Self::FailedAfter,
                Self::Throttled,
                Self::Outage,
                Self::LostRace,
                Self::KilledBefore,
                Self::KilledAfter,
                Self::Frozen,
            ],
        }
    }

    /// What may happen at `step`. A call that only reads is answered or it is not: that it was worked on before its answer was
    /// lost makes no difference, and nobody can be faster.
    pub fn at(step: &Step) -> impl Iterator<Item = Self> {
        let of_writes = [Self::DroppedAfter, Self::FailedAfter, Self::ActedLate, Self::KilledAfter, Self::LostRace];
        let reads = step.reads();
        Self::of(step.callee).iter().copied().filter(move |fault| !reads || !of_writes.contains(fault))
    }

    /// The rule for the call number `step`, from 0, which is `operation`.
    fn rule(self, callee: Callee, step: u64, operation: &str) -> Rule {
        let rule = Rule { path: "*".to_owned(), after: step, times: Some(1), ..Rule::default() };
        let past_deadline = u64::try_from(DEADLINE.as_millis()).ok();
        match (self, callee) {
            (Self::DroppedBefore | Self::TimedOut | Self::KilledBefore, _) => Rule {
                drop: Some(Cut::Before),
                delay_ms: match self {
                    Self::TimedOut => past_deadline,
                    Self::KilledBefore => Some(KILLED_WITHIN),
                    _ => None,
                },
                ..rule
            },
            (Self::DroppedAfter, _) => Rule { drop: Some(Cut::After), ..rule },
            (Self::FailedBefore, Callee::Vendor | Callee::ConnectWise) => Rule { status: Some(503), ..rule },
            (Self::FailedAfter, Callee::Vendor | Callee::ConnectWise) => Rule { status: Some(503), act: true, ..rule },
            (Self::FailedBefore, Callee::Table) => refusal(rule, 500, "InternalServerError"),
            (Self::FailedAfter, Callee::Table) => Rule { act: true, ..refusal(rule, 500, "InternalServerError") },
            (Self::Throttled, Callee::Vendor | Callee::ConnectWise) => {
                Rule { status: Some(429), headers: BTreeMap::from([("retry-after".to_owned(), json!(30))]), ..rule }
            }
            // More often than the SDK tries by itself.
            (Self::Throttled, Callee::Table) => Rule { times: Some(3), ..refusal(rule, 400, "ThrottlingException") },
            (Self::LostRace, _) if operation == "TransactWriteItems" => {
                let mut rule = refusal(rule, 400, "TransactionCanceledException");
                if let Some(Value::Object(body)) = &mut rule.body {
                    body.insert("CancellationReasons".to_owned(), json!([{"Code": "ConditionalCheckFailed"}]));
                }
                rule
            }
            (Self::LostRace, _) => refusal(rule, 400, "ConditionalCheckFailedException"),
            (Self::Outage, _) => Rule { drop: Some(Cut::Before), times: None, ..rule },
            (Self::ActedLate, _) => Rule { delay_ms: past_deadline, ..rule },
            (Self::KilledAfter, _) => Rule { delay_ms: Some(KILLED_WITHIN), ..rule },
            (Self::Frozen, _) => Rule { delay_ms: Some(FROZEN_FOR), ..rule },
        }
    }

    fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter)
    }

    /// Whether the call may be done after its caller has gone.
    pub fn acts_late(self) -> bool {
        matches!(self, Self::ActedLate | Self::KilledAfter | Self::Frozen)
    }
}

/// How long a call that is to be killed is held up, in milliseconds.
const KILLED_WITHIN: u64 = 60;

/// How long a call is held up while another process takes over, in milliseconds.
const FROZEN_FOR: u64 = 700;

fn refusal(rule: Rule, status: u16, kind: &str) -> Rule {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
    let body: Value = json!({"__type": kind, "message": "a fault"});
    let headers = BTreeMap::from([("content-type".to_owned(), json!("application/x-amz-json-1.0"))]);
    Rule { status: Some(status), body: Some(body), headers, ..rule }
}

/// The rules of `callee` in `world`.
pub fn rules(world: &World, callee: Callee) -> &Faults {
    match callee {
        Callee::Vendor => world.vendor_faults(),
        Callee::ConnectWise => world.stack.connectwise.faults(),
        Callee::Table => world.stack.dynamodb.faults(),
    }
}

/// What came of a disturbed call.
#[derive(Clone, Debug)]
pub struct Disturbed {
    /// Its answer; none if its process was killed.
    pub answer: Option<Answer>,
    /// Whether the call that was to be disturbed was made at all.
    pub met: bool,
}

/// Makes `request` while `fault` happens at one of its steps. Afterwards nothing is disturbed any more,
/// nothing is on its way, and a lease that nobody gave back has run out.
pub async fn disturb(world: &World, request: &Request, at: &Step, fault: Fault) -> Disturbed {
    let rules = rules(world, at.callee);
    rules.set(vec![fault.rule(at.callee, at.number, &at.operation)]);
    let hit = || rules.counted().iter().any(|rule| rule.hits > 0);
    let mut running = world.begin(request);
    if fault.kills() || fault == Fault::Frozen {
        until(|| hit() || running.is_finished()).await;
    }
    let met_early = hit();
    if fault.kills() {
        running.abort();
    }
    if fault == Fault::Frozen && met_early && !running.is_finished() {
        world.stack.clock.advance(LEASE);
        world.call(request).await;
    }
    let answer = (&mut running).await.ok();
    let met = hit();
    until(|| settled(rules)).await;
    rules.clear();
    if answer.is_none() || at.callee == Callee::Table {
        world.stack.clock.advance(LEASE);
    }
    Disturbed { answer, met }
}

/// Makes `requests` at once while `fault` happens to one of their calls. A process that makes several is not killed. None
/// for a call that was lost.
pub async fn disturb_all(world: &World, requests: &[Request], at: &Step, fault: Fault) -> Vec<Option<Answer>> {
    let rules = rules(world, at.callee);
    rules.set(vec![fault.rule(at.callee, at.number, &at.operation)]);
    let running: Vec<_> = requests.iter().map(|request| world.begin(request)).collect();
    let answers = futures::future::join_all(running).await;
    until(|| settled(rules)).await;
    rules.clear();
    world.stack.clock.advance(LEASE);
    answers.into_iter().map(Result::ok).collect()
}

/// Whether every call that a rule held up has been let go.
fn settled(rules: &Faults) -> bool {
    rules.in_flight() == 0
}

/// Waits for `condition`, with a bound far beyond any delay of a rule.
async fn until(condition: impl Fn() -> bool) {
    for _ in 0..4000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
