//! Compares everything that a run has read, and keeps the recorded findings in step.

use std::collections::{BTreeMap, BTreeSet};

use crate::connectwise::{AdditionId, AgreementId};
use crate::domain::error::ServiceError;
use crate::domain::ids::ExternalId;
use crate::domain::requester::Requester;
use crate::http_client::OutboundCallLog;
use crate::store::{AuditRun, AuditSummary, Finding, FindingKind};
use crate::workers::audit::all_sides::is_pending;
use crate::workers::audit::attempt::{Time, save};
use crate::workers::audit::fixes::{self, FixOutcome};
use crate::workers::audit::second_look::{Look, SecondLook};
use crate::workers::audit::used_seats;
use crate::workers::audit::{compare, finding};
use crate::workers::sync::{CircuitBreaker, SyncAttempt};

/// The subject of findings.
#[derive(Clone, Debug)]
enum Subject {
    /// An organization.
    Organization(ExternalId),
    /// An addition that belongs to no organization.
    Stray(AgreementId, AdditionId),
    /// An agreement whose additions could not be read.
    Unread(AgreementId),
    /// Rows of the vendor's list that could not be read.
    Unreadable(u32),
}

impl Subject {
    /// Returns the subject's part of the ids of findings.
    fn name(&self) -> String {
        match self {
            Self::Organization(id) => id.to_string(),
            Self::Stray(agreement, addition) => finding::addition_subject(*agreement, *addition),
            Self::Unread(agreement) => finding::agreement_subject(*agreement),
            Self::Unreadable(_) => finding::LIST.to_owned(),
        }
    }

    /// Returns the position in the order in which subjects are compared.
    fn position(&self) -> String {
        let place = match self {
            Self::Organization(_) => 1,
            Self::Stray(..) => 2,
            Self::Unread(_) => 3,
            Self::Unreadable(_) => 4,
        };
        format!("{place}#{}", self.name())
    }
}

/// Returns the name of a finding's subject.
fn subject_of(finding: &Finding) -> String {
    finding.organization.as_ref().map_or_else(|| finding.subject.clone(), ToString::to_string)
}

/// The comparison of an attempt, with the recorded findings of the MSP.
pub struct Comparison<'a> {
    look: SecondLook<'a>,
    attempt: &'a str,
    time: Time,
    known: BTreeMap<String, Finding>,
    applies: bool,
    breaker: CircuitBreaker,
}

impl<'a> Comparison<'a> {
    /// Begins the comparison of an attempt.
    ///
    /// # Errors
    /// The table did not answer.
    pub async fn begin(look: SecondLook<'a>, attempt: &'a str, time: Time) -> Result<Self, ServiceError> {
        let store = &look.app.store;
        let findings = store.findings(look.msp).await?;
        let applies = store.audit_settings(look.msp).await?.applies;
        let known = findings.into_iter().map(|finding| (finding.id(), finding)).collect();
        Ok(Self { look, attempt, time, known, applies, breaker: CircuitBreaker::default() })
    }

    /// Goes on with the comparison. Returns `false` if the time did not suffice.
    ///
    /// # Errors
    /// The table did not answer, or the vendor or ConnectWise is out of order.
    pub async fn go_on(&mut self, run: &mut AuditRun) -> Result<bool, ServiceError> {
        for subject in self.subjects(run) {
            let position = subject.position();
            if run.progress.compared.as_ref().is_some_and(|last| *last >= position) {
                continue;
            }
            if self.time.work.remaining().is_zero() {
                save(self.look.app, self.look.msp, run).await?;
                return Ok(false);
            }
            self.compare(&subject).await?;
            run.progress.compared = Some(position);
        }
        Ok(true)
    }

    /// Returns all subjects, ordered by position.
    fn subjects(&self, run: &AuditRun) -> Vec<Subject> {
        let sides = self.look.sides;
        let organizations: BTreeSet<&ExternalId> = sides.customers.keys().chain(sides.links.keys()).collect();
        let organizations = organizations.into_iter().cloned().map(Subject::Organization);
        let strays = sides.strays.iter().map(|stray| Subject::Stray(stray.agreement, stray.addition));
        let unread = run.progress.unread.iter().copied().map(Subject::Unread);
        let unreadable = (sides.unreadable > 0).then_some(Subject::Unreadable(sides.unreadable));
        let mut subjects: Vec<_> = organizations.chain(strays).chain(unread).chain(unreadable).collect();
        subjects.sort_by_cached_key(Subject::position);
        subjects
    }

    async fn compare(&mut self, subject: &Subject) -> Result<(), ServiceError> {
        let context = self.look.context;
        let result = match subject {
            Subject::Organization(id) => self.organization(id).await?,
            Subject::Stray(agreement, addition) => self.look.stray(*agreement, *addition).await?,
            Subject::Unread(agreement) => Look::Confirmed(vec![finding::unread(context, *agreement)]),
            Subject::Unreadable(rows) => Look::Confirmed(vec![finding::unreadable(context, *rows)]),
        };
        match (result, subject) {
            (Look::Confirmed(found), _) => self.replace(&subject.name(), found).await,
            (Look::Failed(reason), Subject::Organization(id)) => {
                self.record(finding::not_compared(context, &self.look.sides.of(id), id, &reason)).await
            }
            (Look::Pending | Look::Failed(_), _) => Ok(()),
        }
    }

    async fn organization(&self, id: &ExternalId) -> Result<Look, ServiceError> {
        let (look, sides) = (&self.look, self.look.sides);
        if let Some(link) = sides.links.get(id) {
            if is_pending(sides.sales.get(&link.account), link, look.app.clock.now()) {
                return Ok(Look::Pending);
            }
            if let Some(customer) = sides.customers.get(id)
                && let Some(result) = used_seats::count(look, link, customer).await?
            {
                return Ok(result);
            }
        }
        let first: BTreeSet<_> = compare::organization(look.context, &sides.of(id)).iter().map(Finding::id).collect();
        let is_known = self.known.values().any(|known| known.organization.as_ref() == Some(id));
        if first.is_empty() && !is_known {
            return Ok(Look::Confirmed(Vec::new()));
        }
        look.organization(id, |finding| first.contains(&finding.id()) || self.known.contains_key(&finding.id())).await
    }

    /// Records the findings of a subject, and deletes its other ones.
    async fn replace(&mut self, subject: &str, found: Vec<Finding>) -> Result<(), ServiceError> {
        let ids: BTreeSet<_> = found.iter().map(Finding::id).collect();
        let of_subject = self.known.values().filter(|known| subject_of(known) == subject);
        let gone: Vec<_> = of_subject.filter(|known| !ids.contains(&known.id())).cloned().collect();
        for finding in gone {
            self.delete(&finding).await?;
        }
        for finding in found {
            self.record(finding).await?;
        }
        Ok(())
    }

    async fn delete(&mut self, finding: &Finding) -> Result<(), ServiceError> {
        self.look.app.store.delete_finding(self.look.msp, finding).await?;
        self.known.remove(&finding.id());
        Ok(())
    }

    /// Records a finding if it is new or changed. Its fix is tried once if the MSP wants that.
    async fn record(&mut self, finding: Finding) -> Result<(), ServiceError> {
        let before = self.known.get(&finding.id());
        let mut finding = finding.following(before);
        let is_same = before == Some(&finding);
        let tries = self.applies
            && !finding.tried
            && finding.dismissed.is_none()
            && finding.fix.is_some_and(fixes::is_automatic);
        if is_same && !tries {
            return Ok(());
        }
        // It may have been dismissed since the comparison began.
        let current = self.look.app.store.finding(self.look.msp, &finding.id()).await?;
        finding = finding.following(current.as_ref());
        let tries = tries && finding.dismissed.is_none();
        finding.tried |= tries;
        self.look.app.store.save_finding(self.look.msp, &finding).await?;
        if !tries || self.apply(&finding).await? != FixOutcome::Done {
            self.known.insert(finding.id(), finding);
        } else {
            self.known.remove(&finding.id());
        }
        Ok(())
    }

    async fn apply(&self, finding: &Finding) -> Result<FixOutcome, ServiceError> {
        let (app, msp, outbound_calls) = (self.look.app, self.look.msp, OutboundCallLog::default());
        let attempt_id = format!("{}/{}", self.attempt, finding.id());
        let attempt = SyncAttempt::automatic(attempt_id, self.time.whole, &outbound_calls, &self.breaker);
        Box::pin(fixes::synchronize(app, msp, finding, attempt, Requester::audit("audit/apply"))).await
    }

    /// Deletes the findings of subjects that are gone, and writes the summary.
    ///
    /// # Errors
    /// The table did not answer, or the vendor or ConnectWise is out of order.
    pub async fn finish(mut self, run: &AuditRun) -> Result<AuditSummary, ServiceError> {
        let compared: BTreeSet<_> = self.subjects(run).iter().map(Subject::name).collect();
        let others: Vec<_> =
            self.known.values().filter(|known| !compared.contains(&subject_of(known))).cloned().collect();
        let mut gone = BTreeMap::new();
        for finding in others {
            let subject = subject_of(&finding);
            let is_gone = match gone.get(&subject) {
                Some(is_gone) => *is_gone,
                None => self.is_gone(&finding).await?,
            };
            gone.insert(subject, is_gone);
            if is_gone {
                self.delete(&finding).await?;
            }
        }
        let (app, msp, sides) = (self.look.app, self.look.msp, self.look.sides);
        let times = (run.started_at, app.clock.now());
        let summary = AuditSummary::of(times, (sides.customers.len(), sides.additions), self.known.values());
        app.store.save_audit_summary(msp, &summary).await?;
        count(&summary);
        Ok(summary)
    }

    /// Returns `true` if a second look does not show the subject of a finding either.
    async fn is_gone(&self, finding: &Finding) -> Result<bool, ServiceError> {
        if let Some(id) = &finding.organization {
            return match self.look.customer(id).await {
                Ok(customer) => Ok(customer.is_none()),
                Err(failure) => self.look.failed(failure).map(|_| false),
            };
        }
        match (finding.kind, finding.agreement, finding.addition) {
            (FindingKind::AdditionWithoutOrganization, Some(agreement), Some(addition))
                if !self.look.sides.is_assigned(agreement, addition) =>
            {
                let look = self.look.stray(agreement, addition).await?;
                Ok(matches!(look, Look::Confirmed(found) if found.is_empty()))
            }
            _ => Ok(true),
        }
    }
}

/// Counts the findings of a complete run.
fn count(summary: &AuditSummary) {
    for (kind, count) in &summary.by_kind {
        metrics::counter!("AuditFindings", "Kind" => kind.name()).increment((*count).try_into().unwrap_or(u64::MAX));
    }
    for (currency, sums) in &summary.sums {
        for (direction, amount) in [("NotInvoiced", sums.not_invoiced), ("InvoicedTooMuch", sums.invoiced_too_much)] {
            let amount = f64::try_from(amount).unwrap_or_default();
            metrics::histogram!("AuditMoney", "Currency" => currency.clone(), "Direction" => direction).record(amount);
        }
    }
}
