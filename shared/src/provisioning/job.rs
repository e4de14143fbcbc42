//! Jobs: the operations that another process can finish.

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::job::Job;
use crate::provisioning::accounts::{delete, synchronize};
use crate::provisioning::subscriptions::carry_out;

/// Runs a job from the state in which it was left.
///
/// # Errors
/// Those of the operation that the job names.
pub async fn run_job(call: &RequestContext<'_>, job: &Job) -> Result<(), ServiceError> {
    match job {
        Job::SyncAccount(wish) => synchronize(call, wish).await.map(drop),
        Job::DeleteAccount(account) => delete(call, account.clone()).await,
        Job::ProvisionSubscription(order) => carry_out(call, order).await.map(drop),
    }
}
