//! Runs a job, so that another process can finish an abandoned one.

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::job::Job;
use crate::provisioning::account_removal::delete;
use crate::provisioning::accounts::synchronize;
use crate::provisioning::subscriptions::provision_subscription;
use crate::provisioning::tenant_migration::migrate;

/// Runs a job. Convergence continues from the recorded state, so a job may be run again.
///
/// # Errors
/// Those of the operation that the job names.
pub async fn run_job(call: &RequestContext<'_>, job: &Job) -> Result<(), ServiceError> {
    match job {
        Job::SyncAccount(desired) => Box::pin(synchronize(call, desired)).await.map(drop),
        Job::DeleteAccount(account) => delete(call, account.clone(), None).await,
        Job::ProvisionSubscription(order) => provision_subscription(call, order).await.map(drop),
        Job::MigrateTenant(migration) => Box::pin(migrate(call, migration)).await.map(drop),
    }
}
