//! The faults of one call to the vendor, to ConnectWise or to the table, and of the process that makes it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use sandbox::faults::{Cut, Faults, Rule};
use serde_json::{Value, json};

use crate::harness::{DEADLINE, Harness};

/// The called system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Callee {
    /// The vendor's API.
    Vendor,
    /// The MSP's ConnectWise.
    ConnectWise,
    /// The table.
    Table,
}

/// One call made by a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The called system.
    pub callee: Callee,
    /// Index among the calls to this system, from 0.
    pub number: u64,
    /// The operation: method and path, or the name of the table operation.
    pub operation: String,
}

impl Step {
    /// Returns `true` if the call only reads.
    fn reads(&self) -> bool {
        match self.callee {
            Callee::Vendor | Callee::ConnectWise => self.operation.starts_with("GET "),
            Callee::Table => ["GetItem", "Query", "TransactGetItems"].contains(&self.operation.as_str()),
        }
    }

    /// Returns `true` if the call reads one object of the vendor.
    fn reads_object(&self) -> bool {
        let objects = ["GET /api/users/", "GET /api/resellers/"];
        objects.iter().any(|object| self.operation.starts_with(object)) || self.operation.ends_with("/team/get")
    }

    /// Returns `true` if the call reads a list of the vendor's or of ConnectWise's objects.
    fn reads_list(&self) -> bool {
        if self.callee == Callee::ConnectWise {
            let last = self.operation.rsplit('/').next().unwrap_or_default();
            return self.reads() && last.parse::<u32>().is_err();
        }
        ["GET /api/users", "GET /api/resellers"].contains(&self.operation.as_str())
            || self.operation.ends_with("/team/list2")
    }
}

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection is dropped before the call is processed.
    DroppedBefore,
    /// The call is processed, and the connection is dropped.
    DroppedAfter,
    /// Response 503 (table: an internal error), and the call is not processed.
    FailedBefore,
    /// The call is processed, and the response is 503.
    FailedAfter,
    /// A system in front answers 403 with a page, and the call is not processed.
    BlockedBefore,
    /// The call is processed, and a system in front answers 403 with a page.
    BlockedAfter,
    /// Rate limited. The SDK's own retries are affected as well.
    Throttled,
    /// No response in time, and the call is not processed.
    TimedOut,
    /// No response in time, and the call is processed after the caller has timed out.
    ActedLate,
    /// From this call on, every call fails.
    Outage,
    /// A conditional write fails, as if another writer had been first.
    LostRace,
    /// The vendor denies once that it has the object that is read.
    Denied,
    /// A list is once answered without rows.
    Emptied,
    /// A list is once answered without one of its rows.
    Partial,
    /// The credentials are refused once.
    Refused,
    /// From this call on, the credentials are refused, and in the next round as well.
    RefusedForGood,
    /// The process dies before the call is processed.
    KilledBefore,
    /// The call is processed, and the process dies before the response.
    KilledAfter,
    /// The process is frozen until its lease has expired and another process has taken over, and then continues.
    Frozen,
}

impl Fault {
    /// Returns the faults that apply to `callee`.
    pub fn of(callee: Callee) -> Vec<Self> {
        match callee {
            Callee::Vendor => vec![
                Self::DroppedBefore,
                Self::DroppedAfter,
                Self::FailedBefore,
                Self::FailedAfter,
                Self::BlockedBefore,
                Self::BlockedAfter,
                Self::Throttled,
                Self::TimedOut,
                Self::ActedLate,
                Self::Outage,
                Self::Denied,
                Self::Emptied,
                Self::Partial,
                Self::KilledBefore,
                Self::KilledAfter,
                Self::Frozen,
            ],
            Callee::ConnectWise => {
                let mut faults = Self::of(Callee::Vendor);
                faults.retain(|fault| !matches!(fault, Self::Denied | Self::Emptied | Self::Partial));
                faults
            }
            Callee::Table => vec![
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

    /// Returns the faults that apply at `step`. For a read it makes no difference if it was processed before its
    /// response was lost, and it cannot lose a race.
    pub fn at(step: &Step) -> impl Iterator<Item = Self> {
        let of_writes = [
            Self::DroppedAfter,
            Self::FailedAfter,
            Self::BlockedAfter,
            Self::ActedLate,
            Self::KilledAfter,
            Self::LostRace,
        ];
        let (reads, object, list) = (step.reads(), step.reads_object(), step.reads_list());
        // A random call does not know which lists of ConnectWise it reads, and keys that are refused twice wait for the redrive.
        let emptied = (step.callee == Callee::ConnectWise).then_some(Self::Emptied);
        let refused = if step.callee == Callee::Table { vec![] } else { vec![Self::Refused, Self::RefusedForGood] };
        Self::of(step.callee).into_iter().chain(emptied).chain(refused).filter(move |fault| match fault {
            Self::Denied => object,
            Self::Emptied | Self::Partial => list,
            // From the first call on: what happens later is the same.
            Self::RefusedForGood => step.number == 0,
            _ => !reads || !of_writes.contains(fault),
        })
    }

    /// Returns the fault rules for the step `at`, of a request that has the time limit `short` if it must exceed it. If the step
    /// has no operation, a fault of a read happens to one of the first reads of its kind, and every second fault of a vendor's change to a create.
    pub(crate) fn rules(self, short: Duration, at: &Step) -> Vec<Rule> {
        let &Step { callee, number: step, ref operation } = at;
        let kinds: &[(&str, &str)] = match self {
            Self::Denied => &[("GET", "/users/*"), ("GET", "/resellers/*"), ("POST", "/resellers/team/get")],
            Self::Emptied | Self::Partial => {
                &[("GET", "/users"), ("GET", "/resellers"), ("POST", "/resellers/team/list2")]
            }
            _ if self.acts_unseen() && callee == Callee::Vendor && step.is_multiple_of(2) => {
                &[("POST", "/users"), ("POST", "/resellers"), ("POST", "/resellers/team/create")]
            }
            _ => &[],
        };
        if kinds.is_empty() || !operation.is_empty() {
            return vec![self.rule(short, callee, step, operation)];
        }
        let of_kind = |(method, path): &(&str, &str)| Rule {
            method: Some((*method).to_owned()),
            path: (*path).to_owned(),
            after: if self.acts_unseen() { 0 } else { step % READS },
            ..self.rule(short, callee, step, path)
        };
        kinds.iter().map(of_kind).collect()
    }

    /// Returns the fault rule for call number `step`.
    fn rule(self, short: Duration, callee: Callee, step: u64, operation: &str) -> Rule {
        let rule = Rule { path: "*".to_owned(), after: step, times: Some(1), ..Rule::default() };
        let past_deadline = u64::try_from(short.as_millis()).ok();
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
            (Self::BlockedBefore, _) => Rule { status: Some(403), body: Some(json!(PAGE)), ..rule },
            (Self::BlockedAfter, _) => Rule { status: Some(403), body: Some(json!(PAGE)), act: true, ..rule },
            (Self::Throttled, Callee::Vendor | Callee::ConnectWise) => {
                Rule { status: Some(429), headers: BTreeMap::from([("retry-after".to_owned(), json!(30))]), ..rule }
            }
            // More often than the SDK's own attempts.
            (Self::Throttled, Callee::Table) => Rule { times: Some(3), ..refusal(rule, 400, "ThrottlingException") },
            (Self::LostRace, _) if operation == "TransactWriteItems" => {
                let mut rule = refusal(rule, 400, "TransactionCanceledException");
                if let Some(Value::Object(body)) = &mut rule.body {
                    body.insert("CancellationReasons".to_owned(), json!([{"Code": "ConditionalCheckFailed"}]));
                }
                rule
            }
            (Self::LostRace, _) => refusal(rule, 400, "ConditionalCheckFailedException"),
            (Self::Refused, _) => refused(rule, callee),
            (Self::RefusedForGood, _) => Rule { times: None, ..refused(rule, callee) },
            (Self::Outage, _) => Rule { drop: Some(Cut::Before), times: None, ..rule },
            (Self::ActedLate, _) => Rule { delay_ms: past_deadline, ..rule },
            (Self::KilledAfter, _) => Rule { delay_ms: Some(KILLED_WITHIN), ..rule },
            (Self::Frozen, _) => Rule { delay_ms: Some(FROZEN_FOR), ..rule },
            (Self::Denied, _) if operation.ends_with("/team/get") => {
                let body = json!({"error_summary": "team_not_found/..", "error": {".tag": "team_not_found"}});
                Rule { status: Some(409), body: Some(body), ..rule }
            }
            (Self::Denied, _) => Rule { status: Some(404), body: Some(json!({"error": "Not found"})), ..rule },
            (Self::Emptied, _) => Rule { status: Some(200), body: Some(json!([])), ..rule },
            (Self::Partial, _) => {
                let rows = if operation.ends_with("/team/list2") { "" } else { "/result_set" };
                // A list that is too short for it is answered by an error.
                let row = if operation.starts_with("GET ") { 0 } else { step % ROWS };
                let patch = json!([{"op": "remove", "path": format!("{rows}/{row}")}]);
                Rule { patch: serde_json::from_value(patch).unwrap_or_default(), ..rule }
            }
        }
    }

    /// Returns the time limit of a request to which the fault happens: `short` if it must exceed it.
    pub(crate) fn request_limit(self, short: Duration) -> Duration {
        // The call has no response within it.
        if matches!(self, Self::TimedOut | Self::ActedLate) { short } else { DEADLINE }
    }

    pub(crate) fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter)
    }

    /// Returns `true` if the call is processed, and its caller does not see it.
    fn acts_unseen(self) -> bool {
        matches!(self, Self::DroppedAfter | Self::FailedAfter | Self::BlockedAfter) || self.acts_late()
    }

    /// Returns `true` if credentials are refused.
    pub fn refuses(self) -> bool {
        matches!(self, Self::Refused | Self::RefusedForGood)
    }

    /// Returns `true` if the call may be processed after its caller has gone.
    pub fn acts_late(self) -> bool {
        matches!(self, Self::ActedLate | Self::KilledAfter | Self::Frozen)
    }
}

/// The page of a system in front of the vendor or of ConnectWise.
const PAGE: &str = "<!DOCTYPE html><html><body><h1>403 Forbidden</h1><p>Your request was blocked.</p></body></html>";

/// Delay of a call whose process is killed, in milliseconds.
const KILLED_WITHIN: u64 = 60;

/// Delay of a call while another process takes over, in milliseconds.
const FROZEN_FOR: u64 = 700;

/// Time between two rounds of checks, and between two trials of refused keys.
pub(crate) const ROUND: SignedDuration = SignedDuration::from_hours(1);

/// Number of reads of a kind among which a fault of a random call is placed.
const READS: u64 = 2;

/// Number of rows of a list among which the row is chosen that it lacks.
const ROWS: u64 = 3;

/// Returns the rule for a refusal of credentials.
fn refused(rule: Rule, callee: Callee) -> Rule {
    let body = match callee {
        Callee::ConnectWise => json!({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}),
        Callee::Vendor | Callee::Table => json!({"error": "Invalid token"}),
    };
    Rule { status: Some(401), body: Some(body), ..rule }
}

fn refusal(rule: Rule, status: u16, kind: &str) -> Rule {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
    let body: Value = json!({"__type": kind, "message": "a fault"});
    let headers = BTreeMap::from([("content-type".to_owned(), json!("application/x-amz-json-1.0"))]);
    Rule { status: Some(status), body: Some(body), headers, ..rule }
}

/// Returns the fault rules of `callee` in `harness`.
pub fn rules(harness: &Harness, callee: Callee) -> &Faults {
    match callee {
        Callee::Vendor => harness.vendor_faults(),
        Callee::ConnectWise => harness.stack.connectwise.faults(),
        Callee::Table => harness.stack.dynamodb.faults(),
    }
}
