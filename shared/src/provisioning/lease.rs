//! One call at a time on an account: claim, mark, finish.
//!
//! Vendors have no idempotency keys, so what keeps a second organization from being made is this. Every call that
//! changes anything first takes the lease of the account that it concerns, by one conditional write; a subscription is
//! its account's, so calls for one subscription are in line as well, and calls for different accounts never meet.
//!
//! ```text
//!             claim                             finish (with all records, in one transaction)
//!   ┌──────┐ ────────▶ ┌──────────────────────┐ ────────▶ idle, the wish is "applied"
//!   │ idle │           │ held                 │
//!   └──────┘ ◀──────── │  owner, fingerprint, │  give back: something may have been changed at the vendor
//!            give back │  step, lease's end   │ ────────▶ ┌─────────────┐
//!      (nothing was    └──────────────────────┘           │ left behind │──▶ claim: held again, and the new
//!        changed)         │ the process dies              └─────────────┘    owner looks at the vendor before
//!                         └────────────▶ the lease runs out ─────▲           it creates anything
//! ```
//!
//! - **Claim.** A lease ends with its owner's deadline and a little, so nobody has to clean up after the dead. A caller
//!   that finds it held waits; if what it waited for was the same wish, the result is its result too.
//! - **Mark.** Before each change at the vendor the step is written down, on condition that the lease is still ours. An
//!   owner that was frozen for too long learns it here, before it does harm.
//! - **Finish.** All records are written in one transaction, on the same condition.
//!
//! Work that was left behind and that nobody comes back for is finished by [`reconcile`](crate::provisioning::recovery).

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use jiff::{SignedDuration, Timestamp};

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ExternalId;
use crate::domain::job::Job;
use crate::domain::subscription_record::SubscriptionRecord;
use crate::store::{AccountKey, AccountRecord, ClaimResult, Commit, Link, PendingTenantCreate, StoreError, Target, VendorTenant, InFlightJob};
use crate::vendor::{CreatedResource, Step};

/// How much longer than its owner's deadline a lease lasts: clocks differ, and the last call may be on its way.
const GRACE: SignedDuration = SignedDuration::from_secs(2);

/// How a caller comes out of the line.
#[derive(Debug)]
pub enum Turn<'a> {
    /// It is at work.
    Mine(Box<Lease<'a>>),
    /// Somebody else did what it wished while it waited.
    Done(Box<AccountRecord>),
}

/// The right to change an account, at the vendor and in the table.
#[derive(Debug)]
pub struct Lease<'a> {
    call: &'a RequestContext<'a>,
    /// The account, to be changed in place and written by [`finish`](Self::finish).
    pub record: AccountRecord,
    before: AccountRecord,
    /// Whether this call may have changed something at the vendor.
    marked: bool,
}

/// What else is written with the account.
#[derive(Debug, Default)]
pub struct Extras<'e> {
    /// A subscription.
    pub subscription: Option<&'e SubscriptionRecord>,
    /// External ids that lead to the records.
    pub link: Vec<Link>,
    /// External ids that do not any more.
    pub unlink: Vec<ExternalId>,
    /// What becomes of the doubt about a tenant, if there is one.
    pub doubt: Doubt,
}

/// What becomes of the doubt about a tenant.
#[derive(Debug, Default)]
pub enum Doubt {
    /// It stays: it is another call's.
    #[default]
    Stays,
    /// It is ended, by the tenant that was found, or by none if none was made.
    Ends(Option<VendorTenant>),
}

impl<'a> Lease<'a> {
    /// Takes the lease of `key` for `task`, waiting for whoever holds it.
    ///
    /// # Errors
    /// [`Code::InProgress`] if it is still held when the call's time is nearly up.
    pub async fn take(
        call: &'a RequestContext<'a>,
        key: &AccountKey,
        task: Job,
        fingerprint: &Fingerprint,
    ) -> Result<Turn<'a>, ServiceError> {
        let partner = match &call.recovering {
            Some(work) => work.credentials_id.clone(),
            None => call.app.partners.remember(&call.app.store, call.application, &call.settings).await,
        };
        loop {
            let now = call.now();
            let work = InFlightJob {
                job: task.clone(),
                credentials_id: partner.clone(),
                fingerprint: fingerprint.clone(),
                owner: call.request_id.clone(),
                lease_until: lease_end(now, call.deadline.remaining()),
                started_at: now,
            };
            match call.app.store.claim(key, work, call.recovering.as_ref(), now).await? {
                ClaimResult::Acquired { record, before } => {
                    let lease = Self { call, record: *record, before: *before, marked: false };
                    return Ok(Turn::Mine(Box::new(lease)));
                }
                // Somebody came back for it after all.
                ClaimResult::Contended if call.recovering.is_some() => return Err(StoreError::LeaseLost.into()),
                ClaimResult::Contended => {}
            }
            if let Some(record) = wait(call, key, fingerprint).await? {
                return Ok(Turn::Done(Box::new(record)));
            }
        }
    }

    /// Whether a call before this one may have changed something at the vendor without recording it.
    pub fn resumes(&self) -> bool {
        self.before.pending_step.is_some()
    }

    /// Whether the work that was left behind is the same as this.
    pub fn repeats(&self, fingerprint: &Fingerprint) -> bool {
        self.before.job.as_ref().is_some_and(|work| work.fingerprint == *fingerprint)
    }

    /// Writes down that `step` is about to be sent.
    ///
    /// # Errors
    /// [`Code::InProgress`] if the lease was lost: nothing may be sent any more.
    pub async fn mark(&mut self, step: &Step) -> Result<(), ServiceError> {
        self.marked = true;
        self.record.pending_step = Some(step.name.to_owned());
        if let Some(CreatedResource::Tenant { login, reseller_id, others }) = &step.creates {
            // What was there before the first try can be the outcome of none.
            let before = self.record.pending_tenant.take().filter(|making| making.reseller_id == *reseller_id);
            let (mut asked, others) =
                before.map_or_else(|| (Vec::new(), others.clone()), |making| (making.sent_bodies, making.pre_existing));
            asked.extend(step.request.body.clone().filter(|body| !asked.contains(body)));
            let (login, reseller_id, work) = (login.clone(), reseller_id.clone(), self.record.job.clone());
            self.record.pending_tenant = Some(Box::new(PendingTenantCreate { login, reseller_id, sent_bodies: asked, pre_existing: others, created_id: None, job: work }));
        } else if let Some(making) = &mut self.record.pending_tenant {
            // Found, and changed from here on by this call: that is what is to be finished.
            making.job.clone_from(&self.record.job);
        }
        self.write().await
    }

    /// Makes sure that the lease is still ours: what the vendor holds against us may be what its next owner did.
    ///
    /// # Errors
    /// [`Code::InProgress`] if it is not.
    pub async fn confirm(&mut self) -> Result<(), ServiceError> {
        self.write().await
    }

    /// Writes down what the vendor made, so that nobody has to search for it, or takes it for another account's.
    pub async fn note_created(&mut self, id: ExternalId) -> Result<(), ServiceError> {
        let mut link = Vec::new();
        if let Some(making) = &mut self.record.pending_tenant {
            making.created_id = Some(id.clone());
            let target = Target::Account(self.record.id.clone());
            link.push(Link { application: self.record.application, external_id: id, target });
        } else {
            self.record.pending_created_id = Some(id);
        }
        self.touch();
        let commit = Commit { link, ..Commit::account(&self.record, &self.call.request_id) };
        Ok(self.call.app.store.commit(&commit).await?)
    }

    /// Takes back the mark of `step`: the vendor said that it did nothing. `performed` tells whether an earlier one was done.
    pub fn unmark(&mut self, step: &Step, performed: bool) {
        self.marked = performed;
        if matches!(step.creates, Some(CreatedResource::Tenant { .. })) {
            self.record.pending_tenant.clone_from(&self.before.pending_tenant);
        }
        if !performed {
            self.record.pending_step.clone_from(&self.before.pending_step);
        }
    }

    /// Takes the caller's word that the vendor was looked through and nothing is there of what `creates` says.
    pub fn nothing_was_made(&mut self, creates: &CreatedResource) {
        self.nothing_is_left();
        match creates {
            CreatedResource::Account => {}
            CreatedResource::Tenant { .. } | CreatedResource::Subscription => {
                self.before.pending_tenant = None;
                self.before.live_subscription = None;
            }
        }
    }

    fn nothing_is_left(&mut self) {
        self.marked = false;
        self.before.job = None;
        self.before.pending_step = None;
    }

    /// Ends work of which nothing was sent.
    pub async fn drop_work(mut self) {
        self.nothing_is_left();
        self.give_back().await;
    }

    /// Ends the work: writes the account as it is in [`record`](Self::record) together with `extras`.
    pub async fn finish(mut self, fingerprint: Fingerprint, extras: Extras<'_>) -> Result<AccountRecord, ServiceError> {
        self.touch();
        let mut finished =
            AccountRecord { job: None, pending_step: None, pending_created_id: None, last_applied: Some(fingerprint), ..self.record.clone() };
        match extras.doubt {
            Doubt::Stays => {
                if let Some(making) = &finished.pending_tenant {
                    let (owner, lease_until) = (self.call.request_id.clone(), self.call.now().as_millisecond());
                    finished.job = making.job.clone().map(|work| InFlightJob { owner, lease_until, ..work });
                    finished.pending_step.clone_from(&self.before.pending_step);
                }
            }
            Doubt::Ends(tenant) => {
                finished.pending_tenant = None;
                finished.tenant = tenant.or(finished.tenant);
            }
        }
        let commit = Commit {
            subscription: extras.subscription,
            link: extras.link,
            unlink: extras.unlink,
            ..Commit::account(&finished, &self.call.request_id)
        };
        match self.call.app.store.commit(&commit).await {
            Ok(()) => Ok(finished),
            Err(error) => {
                self.give_back().await;
                Err(error.into())
            }
        }
    }

    /// Ends the work by forgetting the account.
    pub async fn forget(mut self) -> Result<(), ServiceError> {
        let tenant = self.record.tenant.iter().flat_map(VendorTenant::links);
        let commit = Commit {
            delete: true,
            unlink: self.record.external_id.iter().cloned().chain(tenant).collect(),
            ..Commit::account(&self.record, &self.call.request_id)
        };
        if let Err(error) = self.call.app.store.commit(&commit).await {
            self.marked = true;
            self.give_back().await;
            return Err(error.into());
        }
        Ok(())
    }

    /// Ends the work without success, and the lease with it, so that a retry need not wait. If this call changed nothing, all
    /// is as it was before, work that was left behind included; otherwise its own work is left behind.
    pub async fn give_back(mut self) {
        let mut record = AccountRecord { version: self.record.version, ..self.before.clone() };
        if self.marked {
            // What the account was to become it has not become; only what the next call must know is kept.
            let AccountRecord { role, pending_tenant: making, live_subscription, pending_step: step, pending_created_id: created, job: work, .. } = self.record.clone();
            record = AccountRecord { role, pending_tenant: making, live_subscription, pending_step: step, pending_created_id: created, job: work, ..record };
        }
        let lease_until = self.call.now().as_millisecond();
        record.job = record.job.map(|work| InFlightJob { lease_until, ..work });
        self.record = record;
        let delete = self.record.is_empty();
        self.touch();
        let commit = Commit { delete, ..Commit::account(&self.record, &self.call.request_id) };
        if let Err(error) = self.call.app.store.commit(&commit).await {
            tracing::warn!(%error, "the lease could not be given back and runs until its end");
        }
    }

    async fn write(&mut self) -> Result<(), ServiceError> {
        self.touch();
        Ok(self.call.app.store.commit(&Commit::account(&self.record, &self.call.request_id)).await?)
    }

    fn touch(&mut self) {
        self.record.version += 1;
        self.record.updated_at = self.call.now();
    }
}

/// Waits until nobody holds the lease. The record, if whoever held it has just done what `fingerprint` wishes.
async fn wait(call: &RequestContext<'_>, key: &AccountKey, fingerprint: &Fingerprint) -> Result<Option<AccountRecord>, ServiceError> {
    let mut same = false;
    let mut operation = String::new();
    // The pauses grow to a second, so that the many who wait don't crowd the one at work.
    let pauses = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(25))
        .with_max_delay(Duration::from_secs(1))
        .without_max_times()
        .with_jitter();
    let seen = (|| free(call, key))
        .retry(pauses)
        .when(|waiting| match waiting {
            Waiting::For(work) => {
                same |= work.fingerprint == *fingerprint;
                work.job.operation().clone_into(&mut operation);
                true
            }
            Waiting::Failed(_) => false,
        })
        .adjust(|_, pause| pause.filter(|pause| *pause < call.deadline.remaining_for_calls()))
        .await;
    match seen {
        Ok(record) => {
            Ok(record.filter(|record| same && record.job.is_none() && record.last_applied.as_ref() == Some(fingerprint)))
        }
        Err(Waiting::Failed(error)) => Err(error.into()),
        Err(Waiting::For(_)) => Err(ServiceError::new(
            ErrorCode::InProgress,
            format!("Another call ({operation}) is at work on this account. Press Retry in half a minute."),
        )),
    }
}

/// The account, if nobody holds its lease.
async fn free(call: &RequestContext<'_>, key: &AccountKey) -> Result<Option<AccountRecord>, Waiting> {
    let record = call.app.store.account(key).await.map_err(Waiting::Failed)?;
    let held = record.as_ref().and_then(|record| record.job.clone());
    match held.filter(|work| work.lease_until > call.now().as_millisecond()) {
        Some(work) => Err(Waiting::For(Box::new(work))),
        None => Ok(record),
    }
}

#[derive(Debug)]
enum Waiting {
    For(Box<InFlightJob>),
    Failed(StoreError),
}

fn lease_end(now: Timestamp, remaining: Duration) -> i64 {
    let lasts = SignedDuration::try_from(remaining).unwrap_or(SignedDuration::ZERO).saturating_add(GRACE);
    now.saturating_add(lasts).map_or(i64::MAX, Timestamp::as_millisecond)
}
