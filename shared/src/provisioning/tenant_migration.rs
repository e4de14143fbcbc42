//! The move of an account's tenant to another reseller, under the account's lease.
//!
//! No single answer is believed: the tenant is read with the ids of both resellers, twice, before the move and after it. One of
//! them must show it and the other one deny it. The answer to the move itself says nothing.
//!
//! A move that is cut off leaves its job. The next run, or the recovery, reads the vendor and completes it. The job has the day from
//! which the new reseller is billed, so that this day is the same however often the move is tried. The recovery discards a move that
//! was not made, if the BSS has the account under another reseller by then.

use jiff::Timestamp;

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ExternalId;
use crate::domain::job::{Job, TenantMigration};
use crate::provisioning::accounts::current_reseller_id;
use crate::provisioning::converge::{Convergence, converge};
use crate::provisioning::lease::{CommitExtras, Lease, LeaseOutcome};
use crate::store::{AccountKey, AccountRecord, Store, TenantMove, VendorTenant};
use crate::vendor::{NextStep, Progress, ShownTenant};

/// The reseller to which the vendor shows a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShownReseller {
    /// The one from which it is to be moved. The tenant is active.
    Former(ShownTenant),
    /// The one to which it is to be moved.
    New(ShownTenant),
}

/// Moves a tenant and records its new reseller. Returns the account.
///
/// # Errors
/// [`ErrorCode::InProgress`] if another call works on the account or has left it unfinished; [`ErrorCode::StateConflict`] if the
/// account or the tenant is in another state than `migration` says; those of [`shown_reseller`], of
/// [`ensure_is_of_new_reseller`] and of the change.
pub(super) async fn migrate(
    call: &RequestContext<'_>,
    migration: &TenantMigration,
) -> Result<AccountRecord, ServiceError> {
    let TenantMigration { account, tenant, from, to, .. } = migration;
    let fingerprint = TenantMigration::fingerprint(tenant, from, to);
    let key = AccountKey { application: call.application, account: account.clone() };
    let job = Job::MigrateTenant(migration.clone());
    let mut lease = match Lease::acquire(call, &key, job, &fingerprint).await? {
        LeaseOutcome::AlreadyApplied(account) => return Ok(*account),
        LeaseOutcome::Acquired(lease) => lease,
    };
    let mut convergence = MigrationConvergence { call, migration, is_unwanted: false };
    match Box::pin(apply(&mut convergence, &fingerprint, &mut lease)).await {
        Ok(tenant) => {
            lease.record.tenant = Some(tenant);
            Box::pin(lease.commit(fingerprint, CommitExtras::default())).await
        }
        Err(failure) if convergence.is_unwanted && call.recovering.is_some() => {
            Box::pin(lease.discard()).await;
            Err(failure)
        }
        Err(failure) => {
            Box::pin(lease.release()).await;
            Err(failure)
        }
    }
}

async fn apply(
    convergence: &mut MigrationConvergence<'_>,
    fingerprint: &Fingerprint,
    lease: &mut Lease<'_>,
) -> Result<VendorTenant, ServiceError> {
    if lease.has_other_unfinished(fingerprint) {
        return Err(ServiceError::new(
            ErrorCode::InProgress,
            "A call for this account was left unfinished. Retry it in the BSS, or wait until work-reconcile has finished it. Then run this again.",
        ));
    }
    let MigrationConvergence { call, migration, .. } = *convergence;
    let TenantMigration { tenant: id, from, to, billed_from, .. } = migration;
    let tenant = lease.record.tenant.clone().filter(|tenant| tenant.id == *id).ok_or_else(changed_meanwhile)?;
    if tenant.reseller_id == *to {
        return Ok(tenant);
    }
    if tenant.reseller_id != *from {
        return Err(changed_meanwhile());
    }
    converge(call, lease, convergence).await?;
    let moved = TenantMove { from: from.clone(), recorded_at: call.now(), billed_from: *billed_from };
    Ok(VendorTenant { reseller_id: to.clone(), moved: Some(moved), ..tenant })
}

struct MigrationConvergence<'a> {
    call: &'a RequestContext<'a>,
    migration: &'a TenantMigration,
    /// `true` if the team is the former reseller's, and the BSS has the account no longer under the new one.
    is_unwanted: bool,
}

impl Convergence for MigrationConvergence<'_> {
    type Output = ();

    async fn next_step(&mut self, record: &AccountRecord, _: &Progress) -> Result<NextStep<()>, ServiceError> {
        let TenantMigration { tenant, from, to, billed_from, .. } = self.migration;
        match shown_reseller(self.call, tenant, from, to).await? {
            ShownReseller::New(_) => Ok(NextStep::Converged(())),
            ShownReseller::Former(shown) => {
                let checked = ensure_is_of_new_reseller(&self.call.app.store, record, to).await;
                self.is_unwanted =
                    checked.as_ref().is_err_and(|failure| failure.code() == ErrorCode::ResellerIdInvalid);
                checked?;
                // The running period has been billed to the former reseller by now. Nothing is billed for a trial.
                if !shown.is_trial && shown.billed_from != *billed_from {
                    return Err(ServiceError::new(
                        ErrorCode::StateConflict,
                        "The team's term was changed, or a billing period ended, since the move was begun. The team was not moved. Run it again.",
                    ));
                }
                let step = self.call.app.vendor.migration(&self.call.vendor_context(), tenant, from, to)?;
                Ok(NextStep::step(step))
            }
        }
    }
}

/// Refuses an account that the BSS has under another reseller than `to`: the BSS would go on to bill that one.
///
/// # Errors
/// [`ErrorCode::ResellerIdInvalid`]; [`ErrorCode::StoreUnavailable`].
pub(super) async fn ensure_is_of_new_reseller(
    store: &Store,
    account: &AccountRecord,
    to: &str,
) -> Result<(), ServiceError> {
    let details = account.account_details.clone().unwrap_or_default();
    let message = match current_reseller_id(store, account.application, &details).await? {
        Some(recorded) if recorded == to => return Ok(()),
        Some(recorded) => format!(
            "The BSS has the account under the reseller {recorded}, not under the one that \"to\" names. Move it in the BSS, and Save & Synchronize it, first."
        ),
        None => "The account has no Reseller ID. Save & Synchronize it in the BSS first.".to_owned(),
    };
    Err(ServiceError::new(ErrorCode::ResellerIdInvalid, message))
}

/// Returns the reseller, `from` or `to`, to which the vendor shows a tenant. Two readings with the ids of both must agree.
///
/// # Errors
/// [`ErrorCode::VendorUnavailable`] if the readings differ; [`ErrorCode::MissingAtVendor`] if neither reseller has it;
/// [`ErrorCode::Ambiguous`] if both have; [`ErrorCode::StateConflict`] if it is still `from`'s and not active. Also the errors of
/// reading the vendor.
pub(super) async fn shown_reseller(
    call: &RequestContext<'_>,
    tenant: &ExternalId,
    from: &str,
    to: &str,
) -> Result<ShownReseller, ServiceError> {
    let now = call.now();
    let first = look(call, tenant, [from, to], now).await?;
    if look(call, tenant, [from, to], now).await? != first {
        return Err(ServiceError::new(
            ErrorCode::VendorUnavailable,
            format!("Two readings of the team {tenant} at Dropbox differ. Run it again in a few minutes."),
        ));
    }
    match first {
        [Some(former), None] if former.is_active => Ok(ShownReseller::Former(former)),
        [Some(_), None] => Err(ServiceError::new(
            ErrorCode::StateConflict,
            "The team is not active at Dropbox: it was cancelled there, or its term has ended. Activate the subscription, then run this again.",
        )),
        [None, Some(new)] => Ok(ShownReseller::New(new)),
        [None, None] => Err(ServiceError::new(
            ErrorCode::MissingAtVendor,
            format!(
                "Dropbox shows the team {tenant} to neither reseller. It may belong to a third one: compare it with the Dropbox Partner Portal."
            ),
        )),
        [Some(_), Some(_)] => Err(ServiceError::new(
            ErrorCode::Ambiguous,
            format!("Dropbox shows the team {tenant} to both resellers. Ask Dropbox's channel team whose it is."),
        )),
    }
}

/// Reads a tenant once with the id of each reseller.
async fn look(
    call: &RequestContext<'_>,
    tenant: &ExternalId,
    resellers: [&str; 2],
    now: Timestamp,
) -> Result<[Option<ShownTenant>; 2], ServiceError> {
    let (vendor, context, [from, to]) = (&call.app.vendor, call.vendor_context(), resellers);
    Ok([vendor.tenant_of(&context, tenant, from, now).await?, vendor.tenant_of(&context, tenant, to, now).await?])
}

fn changed_meanwhile() -> ServiceError {
    ServiceError::new(
        ErrorCode::StateConflict,
        "The account has another team, or a team of another reseller, by now. Run it again.",
    )
}
