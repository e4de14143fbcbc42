//! The lease of an account: one call at a time changes an account and its subscriptions.
//!
//! Vendors offer no idempotency keys, so the lease is what prevents a duplicate organization. A call that changes
//! anything acquires the lease of its account first, by one conditional write. A subscription belongs to its account, so
//! calls for one subscription queue as well. Calls for different accounts never contend.
//!
//! ```text
//!           acquire                            commit (all records, one transaction)
//!  ┌──────┐ ──────────▶ ┌────────────────────┐ ─────────────────▶ idle; the desired state is "last applied"
//!  │ idle │             │ held: owner, job,  │
//!  └──────┘ ◀────────── │ end of the lease   │ release: something may have changed at the vendor
//!             release   └────────────────────┘ ─────────────────▶ ┌───────────┐ acquire: the new owner reads
//!        (nothing was            │ the process dies               │ abandoned │ the vendor before it creates
//!           changed)             └────────── the lease expires ──▶└───────────┘
//! ```
//!
//! - **Acquire.** A lease expires shortly after its owner's deadline, so a dead process needs no cleanup. A caller that
//!   finds the lease held waits. If the holder had the same desired state, the waiter returns the holder's result.
//! - **Record the intent.** Before each change at the vendor, the step is recorded on condition that the lease is still
//!   held. An owner that was frozen for too long learns here that it lost the lease, before it does harm.
//! - **Commit.** All records are written in one transaction, on the same condition. An abandoned move of the tenant stays.
//!
//! An abandoned job that no caller retries is finished by [`recovery`](crate::provisioning::recovery).

use crate::app::lease::lease_end;
use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ExternalId;
use crate::domain::job::Job;
use crate::domain::subscription_record::SubscriptionRecord;
use crate::domain::vendor_id::{Instance, VendorId};
use crate::provisioning::lease_wait::wait;
use crate::store::{
    AccountKey, AccountRecord, ClaimResult, Commit, InFlightJob, Link, NewHistoryEntry, PendingTenantCreate,
    StoreError, Target, VendorTenant,
};
use crate::vendor::{CreatedResource, Step};

/// Result of acquiring a lease.
#[derive(Debug)]
pub enum LeaseOutcome<'a> {
    /// The caller holds the lease.
    Acquired(Box<Lease<'a>>),
    /// Another call applied the same desired state while the caller waited.
    AlreadyApplied(Box<AccountRecord>),
}

/// The exclusive right to change an account, at the vendor and in the table.
#[derive(Debug)]
pub struct Lease<'a> {
    call: &'a RequestContext<'a>,
    /// The account. It is changed in place and written by [`commit`](Self::commit).
    pub record: AccountRecord,
    before: AccountRecord,
    /// `true` if this call may have changed something at the vendor.
    may_have_changed: bool,
}

/// Records that are committed together with the account.
#[derive(Debug, Default)]
pub struct CommitExtras<'e> {
    /// The subscription.
    pub subscription: Option<&'e SubscriptionRecord>,
    /// Links to add, from external ids to the records.
    pub link: Vec<Link>,
    /// Ids of the vendor whose links to the account are removed.
    pub unlink: Vec<VendorId>,
    /// Handling of a tenant creation whose outcome is unknown.
    pub pending_tenant: PendingTenant,
    /// `true` if the job ended because the vendor does not have the object any more: the recovery job looks again.
    pub recheck: bool,
    /// The entry of the MSP's history.
    pub history: Option<NewHistoryEntry>,
}

/// Handling of a tenant creation whose outcome is unknown.
#[derive(Debug, Default)]
pub enum PendingTenant {
    /// Keeps it, because it belongs to another call.
    #[default]
    Keep,
    /// Removes it. The value is the tenant that was found, or `None` if none was created.
    Resolve(Option<VendorTenant>),
}

impl<'a> Lease<'a> {
    /// Acquires the lease of `key` for a job. Waits while another call holds it.
    ///
    /// # Errors
    /// [`InProgress`](crate::domain::error_code::ErrorCode::InProgress) if the lease is still held when the call's time is
    /// nearly up.
    pub async fn acquire(
        call: &'a RequestContext<'a>,
        key: &AccountKey,
        job: Job,
        fingerprint: &Fingerprint,
    ) -> Result<LeaseOutcome<'a>, ServiceError> {
        let credentials_id = match &call.recovering {
            Some(in_flight) => in_flight.credentials_id.clone(),
            None => call.save_credentials().await,
        };
        loop {
            let now = call.now();
            let in_flight = InFlightJob {
                job: job.clone(),
                credentials_id: credentials_id.clone(),
                fingerprint: fingerprint.clone(),
                owner: call.request_id.clone(),
                lease_expires_at: lease_end(now, call.deadline),
                started_at: now,
                recheck: false,
            };
            match call.app.store.claim(key, in_flight, call.recovering.as_ref(), now).await? {
                ClaimResult::Acquired { record, before } => {
                    call.ids.record_organization(&record);
                    let lease = Self { call, record: *record, before: *before, may_have_changed: false };
                    return Ok(LeaseOutcome::Acquired(Box::new(lease)));
                }
                // The original caller has retried the job meanwhile, and takes precedence over the recovery job.
                ClaimResult::Contended if call.recovering.is_some() => return Err(StoreError::LeaseLost.into()),
                ClaimResult::Contended => {}
            }
            if let Some(record) = wait(call, key, fingerprint).await? {
                call.ids.record_organization(&record);
                return Ok(LeaseOutcome::AlreadyApplied(Box::new(record)));
            }
        }
    }

    /// Returns `true` if nothing was written to the account, or to its subscriptions, between a read of `account` and the
    /// acquisition.
    pub fn follows(&self, account: &AccountRecord) -> bool {
        (self.before.version, self.before.created_at) == (account.version, account.created_at)
    }

    /// Returns `true` if an earlier call may have changed something at the vendor without recording it.
    pub fn has_unfinished_predecessor(&self) -> bool {
        self.before.pending_step.is_some()
    }

    /// Returns `true` if it was a synchronization, as far as the abandoned job tells.
    pub fn has_unfinished_synchronization(&self) -> bool {
        self.has_unfinished_predecessor() && is_synchronization(&self.before)
    }

    /// Returns `true` if the abandoned job has the same desired state.
    pub fn is_retry_of(&self, fingerprint: &Fingerprint) -> bool {
        self.before.job.as_ref().is_some_and(|in_flight| in_flight.fingerprint == *fingerprint)
    }

    /// Returns `true` if a call with another desired state has left the account unfinished.
    pub fn has_other_unfinished(&self, fingerprint: &Fingerprint) -> bool {
        !self.before.is_settled() && !self.is_retry_of(fingerprint)
    }

    /// Records that `step` is about to be sent.
    ///
    /// # Errors
    /// [`InProgress`](crate::domain::error_code::ErrorCode::InProgress) if the lease was lost. The step must not be sent then.
    pub async fn record_intent(&mut self, step: &Step) -> Result<(), ServiceError> {
        self.may_have_changed = true;
        self.record.pending_step = Some(step.name.to_owned());
        self.record.profile_in_doubt |= is_synchronization(&self.record);
        if let Some(CreatedResource::Tenant { login, reseller_id, pre_existing: others }) = &step.creates {
            // A tenant that existed before the first attempt is the result of no attempt.
            let before = self.record.pending_tenant.take().filter(|pending| pending.reseller_id == *reseller_id);
            let (mut sent_bodies, pre_existing) = before
                .map_or_else(|| (Vec::new(), others.clone()), |pending| (pending.sent_bodies, pending.pre_existing));
            sent_bodies.extend(step.request.body.clone().filter(|body| !sent_bodies.contains(body)));
            let (login, reseller_id, in_flight) = (login.clone(), reseller_id.clone(), self.record.job.clone());
            self.record.pending_tenant = Some(Box::new(PendingTenantCreate {
                login,
                reseller_id,
                sent_bodies,
                pre_existing,
                created_id: None,
                job: in_flight,
            }));
        } else if let Some(pending) = &mut self.record.pending_tenant {
            // The tenant was found, and this call changes it from here on: recovery must finish this job.
            pending.job.clone_from(&self.record.job);
        }
        self.write().await
    }

    /// Verifies that the lease is still held. If it was lost, a rejection by the vendor may be caused by the next owner.
    ///
    /// # Errors
    /// [`InProgress`](crate::domain::error_code::ErrorCode::InProgress) if the lease was lost.
    pub async fn verify_held(&mut self) -> Result<(), ServiceError> {
        self.write().await
    }

    /// Records the id that the vendor created, so that it need not be searched for and is not taken for another
    /// account's.
    pub async fn record_created(&mut self, id: ExternalId) -> Result<(), ServiceError> {
        let mut link = Vec::new();
        if let Some(pending) = &mut self.record.pending_tenant {
            pending.created_id = Some(id.clone());
            let target = Target::Account(self.record.id.clone());
            let application = self.record.application;
            link.push(Link { application, external_id: id, instance: Instance::Own, target });
        } else {
            self.record.pending_created_id = Some(id);
        }
        self.touch();
        let commit = Commit { link, ..Commit::account(&self.record, &self.call.request_id) };
        Ok(Box::pin(self.call.app.store.commit(&commit)).await?)
    }

    /// Removes the recorded intent of `step`, because the vendor did nothing. `applied_before` is `true` if an earlier
    /// step of this call was applied.
    pub fn clear_intent(&mut self, step: &Step, applied_before: bool) {
        self.may_have_changed = applied_before;
        if matches!(step.creates, Some(CreatedResource::Tenant { .. })) {
            self.record.pending_tenant.clone_from(&self.before.pending_tenant);
        }
        if !applied_before {
            self.record.pending_step.clone_from(&self.before.pending_step);
            self.record.profile_in_doubt = self.before.profile_in_doubt;
        }
    }

    /// Removes the pending creation of a resource. The caller has verified that the vendor does not have it.
    pub fn clear_pending_create(&mut self, creates: &CreatedResource) {
        self.clear_unfinished();
        match creates {
            CreatedResource::Account => {}
            CreatedResource::Tenant { .. } | CreatedResource::Subscription => {
                self.before.pending_tenant = None;
                self.before.live_subscription = None;
            }
        }
    }

    fn clear_unfinished(&mut self) {
        self.may_have_changed = false;
        self.before.job = None;
        self.before.pending_step = None;
    }

    /// Discards an abandoned job of which nothing was sent to the vendor, or which another one repeats.
    pub async fn discard(mut self) {
        self.clear_unfinished();
        self.release().await;
    }

    /// Completes the job and releases the lease: writes [`record`](Self::record) and `extras` in one transaction.
    ///
    /// # Errors
    /// [`InProgress`](crate::domain::error_code::ErrorCode::InProgress) if the lease was lost; a failure of the table. The lease
    /// is released then.
    pub async fn commit(
        mut self,
        fingerprint: Fingerprint,
        extras: CommitExtras<'_>,
    ) -> Result<AccountRecord, ServiceError> {
        self.touch();
        let mut finished = AccountRecord {
            job: None,
            pending_step: None,
            pending_created_id: None,
            last_applied: Some(fingerprint),
            profile_in_doubt: self.record.profile_in_doubt && !is_synchronization(&self.record),
            ..self.record.clone()
        };
        let (owner, now) = (&self.call.request_id, self.call.now());
        match extras.pending_tenant {
            PendingTenant::Keep => {
                if let Some(pending) = &finished.pending_tenant {
                    finished.job = pending.job.clone().map(|in_flight| in_flight.left_by(owner, now));
                    finished.pending_step.clone_from(&self.before.pending_step);
                }
            }
            PendingTenant::Resolve(tenant) => {
                finished.pending_tenant = None;
                finished.tenant = tenant.or(finished.tenant);
            }
        }
        let unfinished = finished.tenant.as_ref().and_then(|tenant| self.before.unfinished_move_of(tenant));
        if extras.recheck {
            let job = self.record.job.clone();
            finished.job = job.map(|job| InFlightJob { recheck: true, ..job.left_by(owner, now) });
        } else if let Some(unfinished) = unfinished {
            // It alone has the day from which the new reseller is billed.
            finished.job = Some(unfinished.clone().left_by(owner, now));
            finished.pending_step.clone_from(&self.before.pending_step);
        }
        let former = self.before.reseller().filter(|reseller| finished.reseller() != Some(*reseller)).cloned();
        let commit = Commit {
            former_reseller: former,
            subscription: extras.subscription,
            link: extras.link,
            unlink: extras.unlink,
            history: extras.history,
            ..Commit::account(&finished, &self.call.request_id)
        };
        self.call.ids.record_organization(&finished);
        match Box::pin(self.call.app.store.commit(&commit)).await {
            Ok(()) => Ok(finished),
            Err(error) => {
                self.release().await;
                Err(error.into())
            }
        }
    }

    /// Completes the job by deleting the account's record and its links.
    ///
    /// # Errors
    /// [`InProgress`](crate::domain::error_code::ErrorCode::InProgress) if the lease was lost; a failure of the table. The lease
    /// is released then.
    pub async fn delete_account(mut self) -> Result<(), ServiceError> {
        let tenant = self.record.tenant.iter().flat_map(VendorTenant::links);
        let commit = Commit {
            delete: true,
            unlink: self.record.vendor_id().into_iter().chain(tenant.map(VendorId::own)).collect(),
            ..Commit::account(&self.record, &self.call.request_id)
        };
        if let Err(error) = Box::pin(self.call.app.store.commit(&commit)).await {
            self.may_have_changed = true;
            self.release().await;
            return Err(error.into());
        }
        Ok(())
    }

    /// Releases the lease after a failure, so that a retry need not wait. If this call changed nothing at the vendor, the
    /// record is restored, including an abandoned job. Otherwise this call's own job is left as abandoned. A call that waits
    /// with the same desired state applies it itself.
    pub async fn release(mut self) {
        self.before.last_applied = None;
        self.give_back().await;
    }

    /// Releases the lease of a job that had nothing to do.
    pub async fn release_unchanged(self) {
        self.give_back().await;
    }

    async fn give_back(mut self) {
        let mut record = AccountRecord { version: self.record.version, ..self.before.clone() };
        if self.may_have_changed {
            // The account did not reach the desired state. Only the members that the next call needs are kept.
            let AccountRecord {
                role,
                profile_in_doubt,
                pending_tenant,
                live_subscription,
                pending_step,
                pending_created_id,
                job,
                ..
            } = self.record.clone();
            record = AccountRecord {
                role,
                profile_in_doubt,
                pending_tenant,
                live_subscription,
                pending_step,
                pending_created_id,
                job,
                ..record
            };
        }
        let lease_expires_at = self.call.now().as_millisecond();
        record.job = record.job.map(|in_flight| InFlightJob { lease_expires_at, ..in_flight });
        self.record = record;
        let delete = self.record.is_empty();
        self.touch();
        let commit = Commit { delete, ..Commit::account(&self.record, &self.call.request_id) };
        if let Err(error) = Box::pin(self.call.app.store.commit(&commit)).await {
            tracing::warn!(%error, "failed to release the lease; it expires at its end");
        }
    }

    async fn write(&mut self) -> Result<(), ServiceError> {
        self.touch();
        let (store, owner) = (&self.call.app.store, &self.call.request_id);
        // The reseller's list of live customers changes with the account.
        let is_listed =
            self.record.reseller().is_some() && self.record.live_subscription != self.before.live_subscription;
        if is_listed {
            Box::pin(store.commit(&Commit::account(&self.record, owner))).await?;
        } else {
            Box::pin(store.write_held(&self.record, owner)).await?;
        }
        Ok(())
    }

    fn touch(&mut self) {
        self.record.version += 1;
        self.record.updated_at = self.call.now();
    }
}

fn is_synchronization(record: &AccountRecord) -> bool {
    record.job.as_ref().is_some_and(|in_flight| matches!(in_flight.job, Job::SyncAccount(_)))
}
