//! Moves a Dropbox team to another reseller of the distributor, when an operator invokes it. By default the run is dry.
//!
//! The BSS has the customer under the new reseller by then: its synchronization has recorded that reseller's id, and the team is
//! still addressed under the former one. The run checks both sides, has Dropbox move the team (`tenant_migration.rs`), and
//! records the new reseller. A team that was moved in the Partner Portal is recorded only. Nothing is ordered, so nothing is
//! billed again; the record has the day from which the new reseller is billed. `docs/explanation/moving.md` has the steps.

use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::request::RequestContext;
use crate::domain::dry_run::dry_run_by_default;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{ExternalId, SubscriptionId};
use crate::domain::job::{Job, MIGRATION, TenantMigration};
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::http_client::{Deadline, OutboundCallLog};
use crate::provisioning::tenant_migration::{ShownReseller, ensure_is_of_new_reseller, migrate, shown_reseller};
use crate::store::{AccountKey, AccountRecord, InFlightJob, StoreError, SubscriptionKey, VendorTenant};

/// Input of a run.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    /// The customer's account, as `APPLICATION_ID/ACCOUNT_ID`.
    pub account: String,
    /// The reseller that the team belongs to, by its id in the Dropbox Partner Portal.
    pub from: String,
    /// The reseller that the team moves to.
    pub to: String,
    /// `false` to move the team. Otherwise the run only reports what it would do.
    #[serde(default = "dry_run_by_default")]
    pub dry_run: bool,
}

/// Result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Something speaks against the move. Nothing was changed.
    Refused,
    /// The run was dry. Nothing speaks against the move.
    Possible,
    /// The team is the new reseller's, and recorded as such, by this run or an earlier one.
    Moved,
}

/// The result of a run. It repeats nothing of the input that is not on record, because the input may be a secret by mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The result.
    pub outcome: Outcome,
    /// `true` if the run was to change nothing.
    pub dry_run: bool,
    /// The team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<ExternalId>,
    /// The BSS's id of the subscription that the team stands for. It does not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<SubscriptionId>,
    /// The reseller that the team belongs to on record; after the move, the former one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The reseller that the team moves to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// `true` if Dropbox shows the team to the new reseller already, so that only the record changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_at_dropbox: Option<bool>,
    /// First day, in UTC, that Dropbox bills to the new reseller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billed_from: Option<Date>,
    /// The reason against the move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Report {
    /// Returns the report of a run that has found nothing yet.
    fn new(dry_run: bool) -> Self {
        Self {
            outcome: Outcome::Refused,
            dry_run,
            team: None,
            subscription: None,
            from: None,
            to: None,
            moved_at_dropbox: None,
            billed_from: None,
            reason: None,
        }
    }

    /// Reports a tenant that has been moved.
    fn moved(&mut self, tenant: &VendorTenant) {
        let moved = tenant.moved.as_ref();
        self.outcome = Outcome::Moved;
        self.team = Some(tenant.id.clone());
        self.from = moved.map(|moved| moved.from.clone());
        self.to = Some(tenant.reseller_id.clone());
        self.billed_from = moved.map(|moved| moved.billed_from);
    }
}

/// Moves a team, or reports what that would change, within `budget`. `run_id` owns the lease of the run and must be unique.
///
/// # Errors
/// The table, the key or the vendor did not answer, or the outcome of the move is unknown. The next run goes on.
pub async fn run(app: &App, event: &Event, run_id: &str, budget: Duration) -> Result<Report, ServiceError> {
    let mut report = Report::new(event.dry_run);
    let outbound_calls = OutboundCallLog::default();
    let deadline = Deadline::after(budget.min(app.deadline));
    let run = Run { app, event, id: run_id, deadline, outbound_calls: &outbound_calls };
    let outcome = Box::pin(run.attempt(&mut report)).await;
    let vendor_calls = outbound_calls.to_json();
    match outcome {
        Ok(()) => {}
        Err(Stop::Refused(reason)) => report.reason = Some(reason),
        Err(Stop::Failed(failure)) => {
            let team = report.team.as_ref().map(ExternalId::as_str);
            tracing::error!(team, reason = failure.log_message(), vendor_calls, "team migration failed");
            return Err(failure);
        }
    }
    tracing::info!(report = serde_json::to_string(&report).unwrap_or_default(), vendor_calls, "team migration handled");
    Ok(report)
}

/// The reason why a run ends early.
enum Stop {
    /// Something speaks against the move.
    Refused(String),
    /// Something did not answer, or the outcome of the move is unknown.
    Failed(ServiceError),
}

impl From<ServiceError> for Stop {
    fn from(failure: ServiceError) -> Self {
        let fails = matches!(
            failure.code(),
            ErrorCode::VendorUnavailable
                | ErrorCode::OutcomeUnknown
                | ErrorCode::StoreUnavailable
                | ErrorCode::Internal
        );
        if fails { Self::Failed(failure) } else { Self::Refused(failure.message().to_owned()) }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

/// A run within its time.
struct Run<'a> {
    app: &'a App,
    event: &'a Event,
    id: &'a str,
    deadline: Deadline,
    outbound_calls: &'a OutboundCallLog,
}

impl Run<'_> {
    async fn attempt(&self, report: &mut Report) -> Result<(), Stop> {
        let (store, Event { from, to, dry_run, .. }) = (&self.app.store, self.event);
        self.app.vendor.ensure_moves_tenants()?;
        let key = AccountKey::from_reference(&self.event.account)
            .ok_or_else(|| refused("It is no account. Name it as APPLICATION_ID/ACCOUNT_ID."))?;
        let account = store.account(&key).await?.ok_or_else(|| refused("The account is not recorded."))?;
        let tenant = account.tenant.as_ref().ok_or_else(|| refused("The account has no team at Dropbox."))?;
        report.team = Some(tenant.id.clone());
        report.from = Some(tenant.reseller_id.clone());
        if from == to {
            return Err(refused("\"from\" and \"to\" name the same reseller."));
        }
        if tenant.reseller_id == *to && tenant.moved.as_ref().is_some_and(|moved| moved.from == *from) {
            report.moved(tenant);
            return Ok(());
        }
        if tenant.reseller_id != *from {
            return Err(refused(format!(
                "The team belongs to the reseller {}, not to the one that \"from\" names.",
                tenant.reseller_id
            )));
        }
        let unfinished = unfinished(&account, &TenantMigration::fingerprint(&tenant.id, from, to))?;
        ensure_is_of_new_reseller(&self.app.store, &account, to).await?;
        report.to = Some(to.clone());
        let subscription = self.live_subscription(&account).await?;
        report.subscription = Some(subscription.id.clone());
        let call = self.context(&key, &subscription, unfinished).await?;
        let shown = shown_reseller(&call, &tenant.id, from, to).await?;
        let billed_from = match &shown {
            ShownReseller::Former(shown) => shown.billed_from,
            ShownReseller::New(shown) => unfinished.and_then(begun_for).unwrap_or(shown.billed_from),
        };
        report.moved_at_dropbox = Some(matches!(shown, ShownReseller::New(_)));
        report.billed_from = Some(billed_from);
        if *dry_run {
            report.outcome = Outcome::Possible;
            return Ok(());
        }
        let migration = TenantMigration {
            account: key.account.clone(),
            tenant: tenant.id.clone(),
            from: from.clone(),
            to: to.clone(),
            billed_from,
        };
        let failure = match Box::pin(migrate(&call, &migration)).await {
            Ok(account) => {
                if let Some(tenant) = &account.tenant {
                    report.moved(tenant);
                }
                return Ok(());
            }
            Err(failure) => failure,
        };
        let account = store.account(&key).await?;
        let tenant = account.as_ref().and_then(|account| account.tenant.as_ref());
        // The lease of this run lapsed, and another run has completed the move.
        if let Some(moved) = tenant.filter(|now| now.id == migration.tenant && now.reseller_id == *to) {
            report.moved(moved);
            return Ok(());
        }
        // Something may have been sent, so it is no refusal.
        let is_unfinished = account.is_some_and(|account| account.pending_step.is_some());
        Err(if is_unfinished { Stop::Failed(failure) } else { failure.into() })
    }

    /// Returns the subscription of the account's team.
    async fn live_subscription(&self, account: &AccountRecord) -> Result<SubscriptionRecord, Stop> {
        let subscription = match account.live_subscription.clone() {
            Some(subscription) => {
                let key = SubscriptionKey { application: account.application, subscription };
                self.app.store.subscription(&key).await?
            }
            None => None,
        };
        subscription.filter(|subscription| subscription.state == SubscriptionState::Live).ok_or_else(|| {
            refused(
                "The account has no live subscription, so nothing is billed for its team. Activate a suspended one, then run this again.",
            )
        })
    }

    /// Returns the context of the run, with the partner's settings of the subscription's last order.
    async fn context(
        &self,
        key: &AccountKey,
        subscription: &SubscriptionRecord,
        unfinished: Option<&InFlightJob>,
    ) -> Result<RequestContext<'_>, Stop> {
        let of_job = unfinished.and_then(|in_flight| in_flight.credentials_id.as_ref());
        let credentials_id = subscription.credentials_id().or(of_job).ok_or_else(|| {
            refused(
                "The partner's settings are not stored with the subscription. Send subscriptions/update with the same licences, then run this again.",
            )
        })?;
        let credentials = &self.app.partner_credentials;
        let (application, id) = (key.application, self.id.to_owned());
        Ok(RequestContext {
            settings: credentials.load(&self.app.store, application, credentials_id).await?,
            outbound_calls: self.outbound_calls.clone(),
            ..RequestContext::in_background(self.app, application, id, MIGRATION, self.deadline)
        })
    }
}

/// Returns the job of an earlier run that was cut off, if it is for the move of `fingerprint`.
fn unfinished<'a>(account: &'a AccountRecord, fingerprint: &Fingerprint) -> Result<Option<&'a InFlightJob>, Stop> {
    match &account.job {
        Some(in_flight) if in_flight.fingerprint == *fingerprint => Ok(Some(in_flight)),
        None if account.is_settled() => Ok(None),
        Some(in_flight) => Err(refused(format!(
            "Another call ({}) works on the account, or was left unfinished. Retry it in the BSS, or wait until work-reconcile has finished it. Then run this again.",
            in_flight.job.operation()
        ))),
        None => Err(refused("A call has left the account unfinished. Retry it in the BSS, then run this again.")),
    }
}

/// Returns the first day that the new reseller is billed, as a move that was cut off has it.
fn begun_for(in_flight: &InFlightJob) -> Option<Date> {
    match &in_flight.job {
        Job::MigrateTenant(migration) => Some(migration.billed_from),
        Job::SyncAccount(_) | Job::DeleteAccount(_) | Job::ProvisionSubscription(_) => None,
    }
}

fn refused(reason: impl Into<String>) -> Stop {
    Stop::Refused(reason.into())
}
