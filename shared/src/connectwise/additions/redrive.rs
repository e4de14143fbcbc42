//! What the stream gave up on: taken up again on a schedule, and when somebody says so.
//!
//! Lambda tries a batch a few times and then parks it, so that one ConnectWise that is down does not hold up the others. What
//! is pending stands in the index of work by when it is due; that is enough unless it could not even be recorded. Therefore
//! the dead letters are read too: each names a stretch of the stream, whose records are worked off like before, and is
//! deleted when they are done.

use std::time::Duration;

use serde::Serialize;

use super::consume::{subscriptions, turn};
use super::settle::Settled;
use crate::app::App;
use crate::dead_letters::DeadLetters;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::store::{SHARDS, SubscriptionKey};

/// How many additions of each of the index's shards a run looks at.
const LIMIT: i32 = 25;

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Additions that are as they shall be now.
    pub applied: u32,
    /// Additions that somebody has to see to, with why.
    pub failed: Vec<String>,
    /// Additions that are still pending, with why.
    pub pending: Vec<String>,
    /// Dead letters whose records are all done.
    pub letters_done: u32,
    /// Dead letters that stay, with why.
    pub letters_left: Vec<String>,
}

impl Report {
    /// Counts a turn; whether the subscription is done with.
    fn count(&mut self, key: &SubscriptionKey, outcome: Result<Settled, Failure>) -> bool {
        let what = format!("subscription {}", key.subscription);
        match outcome {
            Ok(Settled::Nothing) => true,
            Ok(Settled::Applied) => {
                self.applied += 1;
                true
            }
            Ok(Settled::Failed(why)) => {
                self.failed.push(format!("{what}: {why}"));
                true
            }
            Ok(Settled::Pending(why)) => {
                self.pending.push(format!("{what}: {why}"));
                false
            }
            Ok(Settled::Busy) => {
                self.pending.push(format!("{what}: somebody else is at work on it"));
                false
            }
            Err(failure) => {
                self.pending.push(format!("{what}: {}", failure.message()));
                false
            }
        }
    }
}

/// One run, within `budget`. `run_id` names it and is never used twice.
pub async fn redrive(
    app: &App,
    letters: Option<&DeadLetters>,
    run_id: &str,
    budget: Duration,
) -> Result<Report, Failure> {
    let deadline = Deadline::after(budget);
    let mut report = Report::default();
    let mut outcome = take_up_what_is_due(app, run_id, deadline, &mut report).await;
    if let Some(letters) = letters {
        let answered = Box::pin(answer(app, letters, run_id, deadline, &mut report)).await;
        outcome = outcome.and(answered);
    }
    metrics::counter!("AdditionsRedriven").increment(report.applied.into());
    metrics::counter!("AdditionsPending").increment(report.pending.len().try_into().unwrap_or(u64::MAX));
    outcome.map(|()| report)
}

async fn take_up_what_is_due(app: &App, run_id: &str, deadline: Deadline, report: &mut Report) -> Result<(), Failure> {
    let now = app.clock.now().as_millisecond();
    for shard in 0..SHARDS {
        for key in app.store.due_additions(shard, now, LIMIT).await? {
            if deadline.spendable().is_zero() {
                report.pending.push("there is more than one run can do".to_owned());
                return Ok(());
            }
            let outcome = turn(app, &key, id(run_id, &key), deadline).await;
            report.count(&key, outcome);
        }
    }
    Ok(())
}

async fn answer(
    app: &App,
    letters: &DeadLetters,
    run_id: &str,
    deadline: Deadline,
    report: &mut Report,
) -> Result<(), Failure> {
    for letter in letters.receive().await? {
        let subjects = match letters.subjects(&letter).await {
            Ok(subjects) => subjects,
            Err(why) => {
                report.letters_left.push(format!("{}: {why}", letter.name()));
                continue;
            }
        };
        let mut done = true;
        for subject in &subjects {
            for key in subscriptions(app, subject).await? {
                if deadline.spendable().is_zero() {
                    return Ok(());
                }
                let id = format!("{}/{}", id(run_id, &key), letter.name());
                let outcome = turn(app, &key, id, deadline).await;
                done &= report.count(&key, outcome);
            }
        }
        if done {
            letters.delete(&letter).await?;
            report.letters_done += 1;
        } else {
            report.letters_left.push(format!("{}: not all of its records are done", letter.name()));
        }
    }
    Ok(())
}

fn id(run_id: &str, key: &SubscriptionKey) -> String {
    format!("{run_id}/{}/{}", key.application, key.subscription)
}
