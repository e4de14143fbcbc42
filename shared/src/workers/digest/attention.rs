//! Things that need the MSP's attention: tokens that Dropsuite refuses, an audit that did not end, additions and tickets that wait
//! for a person, trials that end, failing backups, and findings of the billing audit. What the MSP snoozed or dismissed does not.

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::http_client::{Deadline, one_line};
use crate::store::{
    AccountKey, AgreementLink, AuditState, EnrolledMsp, FailingAction, FailureClass, READ_CONCURRENCY, Refusal,
    SubscriptionKey, SyncKey,
};
use crate::workers::digest::trials::{self, DigestTime};
use crate::workers::tickets::hold::ActiveSnoozes;
use crate::workers::tickets::live_subscription;

/// Number of things that a digest names. More are counted.
pub const MAX_NAMED: usize = 40;

/// Greatest length of a line, in characters.
const MAX_LINE: usize = 200;

/// Number of links, and of findings, that are read at once.
const PAGE: usize = 100;

/// Things that need attention: the first lines, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attention {
    /// The first [`MAX_NAMED`] things, each on one line.
    pub lines: Vec<String>,
    /// Number of all things.
    pub count: usize,
}

impl Attention {
    fn add(&mut self, line: impl FnOnce() -> String) {
        self.count += 1;
        if self.names_more() {
            self.lines.push(one_line(&line()).chars().take(MAX_LINE).collect());
        }
    }

    fn names_more(&self) -> bool {
        self.lines.len() < MAX_NAMED
    }
}

/// Gathers what needs attention. Reads the table only, in pages. Returns `None` if `deadline` passed before the end.
///
/// # Errors
/// The table did not answer.
pub async fn gather(
    app: &App,
    enrolled: &EnrolledMsp,
    time: &DigestTime<'_>,
    deadline: Deadline,
) -> Result<Option<Attention>, ServiceError> {
    let (msp, mut found) = (enrolled.msp, Attention::default());
    if enrolled.refusal.as_ref().is_some_and(Refusal::is_confirmed) {
        found.add(|| {
            "Dropsuite refuses your tokens, so no backup is monitored. Sign in to the portal again.".to_owned()
        });
    }
    if let Some(run) = app.store.audit_run(msp).await?.filter(|run| run.state == AuditState::Failed) {
        found.add(|| {
            let reason = run.reason.unwrap_or_default();
            format!("The billing audit of {} did not end, so its findings are older: {reason}", run.day)
        });
    }
    failed_syncs(app, msp, &mut found).await?;
    let is_whole =
        links(app, msp, time, deadline, &mut found).await? && findings(app, msp, deadline, &mut found).await?;
    Ok(is_whole.then_some(found))
}

/// Adds the additions that wait for a person, and the tickets as one thing: what they wait for is mostly the same. A digest that
/// waits is not about itself.
async fn failed_syncs(app: &App, msp: MspId, found: &mut Attention) -> Result<(), ServiceError> {
    let (mut tickets, mut first) = (0_usize, None);
    for key in app.store.failed_syncs(msp).await? {
        match key {
            SyncKey::Addition(key) => {
                let text = if found.names_more() { addition(app, &key).await? } else { String::new() };
                found.add(|| text);
            }
            SyncKey::Ticket(subject) => {
                tickets += 1;
                first.get_or_insert(subject);
            }
            SyncKey::Digest(_) => {}
        }
    }
    if let Some(first) = first {
        let record = app.store.ticket(&first).await?;
        let reason = record.and_then(|record| record.sync.reason).unwrap_or_default();
        let wait = if tickets == 1 { "1 ticket waits".to_owned() } else { format!("{tickets} tickets wait") };
        found.add(|| format!("{wait} for you: {reason}"));
    }
    Ok(())
}

/// Returns the line of an addition that waits for a person.
async fn addition(app: &App, key: &SubscriptionKey) -> Result<String, ServiceError> {
    let Some(record) = app.store.addition(key).await? else { return Ok(String::new()) };
    let account = AccountKey { application: key.application, account: record.account };
    let link = app.store.agreement(&account).await?;
    let company = link.map(|link| format!(" of the company {}", link.company)).unwrap_or_default();
    let reason = record.sync.reason.unwrap_or_default();
    Ok(format!("The addition of the subscription {}{company} waits for you: {reason}", key.subscription))
}

/// Adds the failing backups and the trials of linked organizations. Returns `false` if `deadline` passed before the end.
async fn links(
    app: &App,
    msp: MspId,
    time: &DigestTime<'_>,
    deadline: Deadline,
    found: &mut Attention,
) -> Result<bool, ServiceError> {
    let snoozes = ActiveSnoozes::read(app, msp).await?;
    let mut after = None;
    loop {
        let links = app.store.listed_agreements(msp, after.as_ref(), PAGE).await?;
        let reads: Vec<_> = links.iter().map(|link| of_link(app, link, time).boxed()).collect();
        let reads: Vec<OfLink> = stream::iter(reads).buffered(READ_CONCURRENCY).try_collect().await?;
        for (link, OfLink { failing, trial }) in links.iter().zip(reads) {
            if let Some(trial) = trial {
                found.add(|| trial);
            }
            for entry in failing.iter().filter(|entry| snoozes.hold(link.company, entry).is_none()) {
                found.add(|| {
                    let since = entry.since.strftime("%Y-%m-%d");
                    format!(
                        "The {} of {} (company {}) fails since {since}: {}",
                        entry.key.kind, entry.address, link.company, entry.error
                    )
                });
            }
        }
        match links.into_iter().nth(PAGE - 1) {
            None => return Ok(true),
            Some(_) if deadline.remaining_for_calls().is_zero() => return Ok(false),
            Some(last) => after = Some(last.account),
        }
    }
}

/// Things of one link that need attention.
#[derive(Debug, Default)]
struct OfLink {
    /// The failing actions of its organization.
    failing: Vec<FailingAction>,
    /// The line of its trial.
    trial: Option<String>,
}

async fn of_link(app: &App, link: &AgreementLink, time: &DigestTime<'_>) -> Result<OfLink, ServiceError> {
    // A customer who has left gets no tickets.
    let Some(subscription) = live_subscription(app, &link.account).await? else { return Ok(OfLink::default()) };
    let trial = trials::line(app, link, &subscription, time).await?;
    let Some(organization) = &link.organization else { return Ok(OfLink { trial, ..OfLink::default() }) };
    let mut failing = app.store.known_failures(organization).await?.entries;
    failing.retain(|entry| match entry.class {
        FailureClass::Single | FailureClass::Grouped => true,
        // It is no failure yet.
        FailureClass::Suspected => false,
    });
    Ok(OfLink { failing, trial })
}

/// Adds the findings of the billing audit. Returns `false` if `deadline` passed before the end.
async fn findings(app: &App, msp: MspId, deadline: Deadline, found: &mut Attention) -> Result<bool, ServiceError> {
    let mut after = None;
    loop {
        let page = app.store.listed_findings(msp, None, after.as_deref(), PAGE).await?;
        for finding in page.iter().filter(|finding| finding.dismissed.is_none()) {
            found.add(|| {
                let name = if finding.name.is_empty() { &finding.subject } else { &finding.name };
                format!("Billing of {name}: {}", finding.text)
            });
        }
        match page.get(PAGE - 1) {
            None => return Ok(true),
            Some(_) if deadline.remaining_for_calls().is_zero() => return Ok(false),
            Some(last) => after = Some(last.id()),
        }
    }
}
