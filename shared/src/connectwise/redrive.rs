//! What the stream gave up on: taken up again on a schedule, and when somebody says so.
//!
//! Lambda tries a batch a few times and then parks it, so that one ConnectWise that is down does not hold up the others. What
//! is pending stands in the index of work by when it is due; that is enough unless it could not even be recorded. Therefore
//! the dead letters are read too: each names a stretch of the stream, whose records are worked off like before, and is
//! deleted when they are done.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::errand::Settled;
use super::{additions, tickets};
use crate::app::App;
use crate::dead_letters::DeadLetters;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::store::{About, SHARDS, SubscriptionKey};
use crate::stream::Subject;

/// How many additions, and how many tickets, of each of the index's shards a run looks at.
const LIMIT: i32 = 25;

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Additions and tickets that are as they shall be now.
    pub applied: u32,
    /// What somebody has to see to, with why.
    pub failed: Vec<String>,
    /// What is still pending, with why.
    pub pending: Vec<String>,
    /// Dead letters whose records are all done.
    pub letters_done: u32,
    /// Dead letters that stay, with why.
    pub letters_left: Vec<String>,
}

/// What is taken up.
enum Errand {
    Addition(SubscriptionKey),
    Ticket(About),
}

impl fmt::Display for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addition(key) => write!(f, "subscription {}", key.subscription),
            Self::Ticket(About::Action(key)) => write!(f, "action {key}"),
            Self::Ticket(About::Organization(id)) => write!(f, "organization {id}"),
        }
    }
}

impl Report {
    /// Counts a turn; whether its errand is done with.
    fn count(&mut self, errand: &Errand, outcome: Result<Settled, Failure>) -> bool {
        match outcome {
            Ok(Settled::Nothing) => true,
            Ok(Settled::Applied) => {
                self.applied += 1;
                true
            }
            Ok(Settled::Failed(why)) => {
                self.failed.push(format!("{errand}: {why}"));
                true
            }
            Ok(Settled::Pending(why)) => {
                self.pending.push(format!("{errand}: {why}"));
                false
            }
            Ok(Settled::Busy) => {
                self.pending.push(format!("{errand}: somebody else is at work on it"));
                false
            }
            Err(failure) => {
                self.pending.push(format!("{errand}: {}", failure.message()));
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
    let mut run = Run { app, id: run_id, deadline: Deadline::after(budget), turns: 0, report: Report::default() };
    let mut outcome = run.take_up_what_is_due().await;
    if let Some(letters) = letters {
        outcome = outcome.and(Box::pin(run.answer(letters)).await);
    }
    let report = run.report;
    metrics::counter!("ErrandsRedriven").increment(report.applied.into());
    metrics::counter!("ErrandsPending").increment(report.pending.len().try_into().unwrap_or(u64::MAX));
    outcome.map(|()| report)
}

struct Run<'a> {
    app: &'a App,
    id: &'a str,
    deadline: Deadline,
    turns: u32,
    report: Report,
}

impl Run<'_> {
    async fn take_up_what_is_due(&mut self) -> Result<(), Failure> {
        let now = self.app.clock.now().as_millisecond();
        for shard in 0..SHARDS {
            let additions = self.app.store.due_additions(shard, now, LIMIT).await?;
            let tickets = self.app.store.due_tickets(shard, now, LIMIT).await?;
            let additions = additions.into_iter().map(Errand::Addition);
            for errand in additions.chain(tickets.into_iter().map(Errand::Ticket)) {
                if self.deadline.spendable().is_zero() {
                    self.report.pending.push("there is more than one run can do".to_owned());
                    return Ok(());
                }
                self.turn(&errand).await;
            }
        }
        Ok(())
    }

    async fn answer(&mut self, letters: &DeadLetters) -> Result<(), Failure> {
        for letter in letters.receive().await? {
            let subjects = match letters.subjects(&letter).await {
                Ok(subjects) => subjects,
                Err(why) => {
                    self.report.letters_left.push(format!("{}: {why}", letter.name()));
                    continue;
                }
            };
            let mut done = true;
            for subject in &subjects {
                for errand in errands(self.app, subject).await? {
                    if self.deadline.spendable().is_zero() {
                        return Ok(());
                    }
                    done &= self.turn(&errand).await;
                }
            }
            if done {
                letters.delete(&letter).await?;
                self.report.letters_done += 1;
            } else {
                self.report.letters_left.push(format!("{}: not all of its records are done", letter.name()));
            }
        }
        Ok(())
    }

    /// One turn; whether its errand is done with.
    async fn turn(&mut self, errand: &Errand) -> bool {
        self.turns += 1;
        let id = format!("{}/{}", self.id, self.turns);
        let outcome = match errand {
            Errand::Addition(key) => additions::turn(self.app, key, id, self.deadline).await,
            Errand::Ticket(about) => tickets::turn(self.app, about, id, self.deadline).await,
        };
        self.report.count(errand, outcome)
    }
}

/// What is to be done in ConnectWise because of `subject`.
async fn errands(app: &App, subject: &Subject) -> Result<Vec<Errand>, Failure> {
    let additions = additions::subscriptions(app, subject).await?.into_iter().map(Errand::Addition);
    let tickets = tickets::tickets(app, subject).await?.into_iter().map(Errand::Ticket);
    Ok(additions.chain(tickets).collect())
}
