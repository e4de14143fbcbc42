//! Make it so: ask what is next, write it down, do it, and look again, until there is nothing left to do.
//!
//! What was asked for is true at the end because it was read, not because a call succeeded. That makes the same request
//! twice harmless, mends a lost answer by itself, and finds out when a vendor says yes and does nothing.

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::provisioning::lease::Lease;
use crate::store::AccountRecord;
use crate::vendor::{NextStep, Progress, Step, VendorError};

/// Something wished of the vendor.
pub trait Goal: Send {
    /// What is known when it is reached.
    type Reached: Send;

    /// What is to be done next, by what the vendor and the record say now.
    fn next(
        &mut self,
        record: &AccountRecord,
        progress: &Progress,
    ) -> impl Future<Output = Result<NextStep<Self::Reached>, ServiceError>> + Send;
}

/// Reaches `goal`.
pub async fn settle<G: Goal>(call: &RequestContext<'_>, lease: &mut Lease<'_>, goal: &mut G) -> Result<G::Reached, ServiceError> {
    let mut progress = Progress {
        check_before_create: lease.resumes(),
        create_unconfirmed: lease.resumes(),
        created: lease.record.pending_created_id.clone(),
        applied_steps: Vec::new(),
    };
    let mut in_doubt: Option<InDoubt> = None;
    loop {
        let next = match (goal.next(&lease.record, &progress).await, &in_doubt) {
            (Ok(next), _) => next,
            // The vendor can't even be read: what became of the step is what matters to the caller.
            (Err(failure), Some(doubt)) if failure.code() == ErrorCode::VendorUnavailable => {
                return Err(doubt.failure.clone().with_internal(failure.log_message()));
            }
            (Err(failure), _) => return Err(failure),
        };
        let step = match next {
            NextStep::Converged(reached) => return Ok(reached),
            NextStep::Apply(step) => step,
        };
        match in_doubt.take() {
            // Looked at, and it did not happen, or not yet: never sent a second time in one call.
            Some(doubt) if doubt.step == step.name => {
                if step.creates.is_some() {
                    lease.confirm().await?;
                }
                return Err(doubt.failure);
            }
            Some(doubt) => progress.applied_steps.push(doubt.step),
            None => {}
        }
        if progress.has(step.name) {
            return Err(ServiceError::new(
                ErrorCode::VendorRefused,
                format!(
                    "The vendor accepted the change ({}) but does not show it. Press Retry; if it stays so, ask the vendor.",
                    step.name
                ),
            ));
        }
        if let (Some(creates), Some(_)) = (&step.creates, &call.recovering) {
            lease.nothing_was_made(creates);
            return Err(ServiceError::new(ErrorCode::OutcomeUnknown, "It was never made at the vendor. Press Retry to make it."));
        }
        lease.mark(&step).await?;
        in_doubt = perform(call, lease, &step, &mut progress).await?;
    }
}

/// A step of which it is not known whether its outcome is there.
struct InDoubt {
    step: &'static str,
    failure: ServiceError,
}

async fn perform(
    call: &RequestContext<'_>,
    lease: &mut Lease<'_>,
    step: &Step,
    progress: &mut Progress,
) -> Result<Option<InDoubt>, ServiceError> {
    let error = match call.app.vendor.perform(&call.session(), step).await {
        Ok(created) => {
            progress.applied_steps.push(step.name);
            if let Some(id) = created {
                lease.note_created(id.clone()).await?;
                progress.created = Some(id);
            }
            return Ok(None);
        }
        Err(error) => error,
    };
    let acted_before = !progress.applied_steps.is_empty();
    let failure = call.app.vendor.user_error(step, error.clone());
    let in_doubt = match error {
        VendorError::OutcomeUnknown { .. } | VendorError::InvalidResponse { .. } => true,
        // Perhaps because it is so already: from a call of ours whose answer was lost, or by somebody else.
        VendorError::Rejected { duplicate, .. } => {
            lease.unmark(step, acted_before);
            progress.check_before_create |= duplicate && step.creates.is_some();
            return Ok(Some(InDoubt { step: step.name, failure }));
        }
        VendorError::NotSent { .. }
        | VendorError::Unauthorized
        | VendorError::Forbidden { .. }
        | VendorError::RateLimited { .. }
        | VendorError::NotFound => {
            lease.unmark(step, acted_before);
            false
        }
    };
    if !in_doubt {
        return Err(failure);
    }
    progress.check_before_create = true;
    progress.create_unconfirmed |= step.creates.is_some();
    Ok(Some(InDoubt { step: step.name, failure }))
}
