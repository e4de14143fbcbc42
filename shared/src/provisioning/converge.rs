//! The convergence loop: compute the next step, record it, send it, and read again, until the vendor shows the desired
//! state.
//!
//! The result is correct because it was read, not because a call succeeded. So a repeated request is harmless, a lost
//! answer is repaired automatically, and a vendor that accepts a change without making it is detected.

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::provisioning::absence::trusts_first_answer;
use crate::provisioning::account_search::SearchPurpose;
use crate::provisioning::lease::Lease;
use crate::store::AccountRecord;
use crate::vendor::{CreatedResource, NextStep, Progress, Step, VendorError};

/// A desired state of an account or subscription at the vendor.
pub trait Convergence: Send {
    /// Result of the convergence.
    type Output: Send;

    /// `true` if [`next_step`](Self::next_step) itself looks twice before it returns a create that is in doubt.
    const LOOKS_TWICE: bool = false;

    /// Reads the vendor, compares it with the desired state, and returns the next step.
    fn next_step(
        &mut self,
        record: &AccountRecord,
        progress: &Progress,
    ) -> impl Future<Output = Result<NextStep<Self::Output>, ServiceError>> + Send;
}

/// Applies steps until the vendor shows the desired state.
///
/// # Errors
/// The first error of a step that is not applied after the vendor was read again; [`ErrorCode::VendorRefused`] if the
/// vendor accepts a step without showing it; [`ErrorCode::InProgress`] if the lease was lost.
pub async fn converge<G: Convergence>(
    call: &RequestContext<'_>,
    lease: &mut Lease<'_>,
    convergence: &mut G,
) -> Result<G::Output, ServiceError> {
    let mut progress = Progress {
        check_before_create: lease.has_unfinished_predecessor(),
        create_unconfirmed: lease.has_unfinished_predecessor(),
        created: lease.record.pending_created_id.clone(),
        applied_steps: Vec::new(),
    };
    let mut unconfirmed: Option<UnconfirmedStep> = None;
    let mut looked_twice = G::LOOKS_TWICE || trusts_first_answer();
    loop {
        let next = match (convergence.next_step(&lease.record, &progress).await, &unconfirmed) {
            (Ok(next), _) => next,
            // The vendor cannot be read. The caller needs the outcome of the step, not of the read. A duplicate may be ours,
            // which only the read shows.
            (Err(failure), Some(sent)) if failure.code() == ErrorCode::VendorUnavailable && !sent.is_duplicate => {
                return Err(sent.failure.clone().with_internal(failure.log_message()));
            }
            (Err(failure), _) => return Err(failure),
        };
        let step = match next {
            NextStep::Converged(output) => return Ok(output),
            NextStep::Apply(step) => step,
        };
        // The vendor may have it already, and one read that does not show it proves nothing.
        if step.creates.is_some() && progress.check_before_create && !looked_twice {
            looked_twice = true;
            continue;
        }
        match unconfirmed.take() {
            // The vendor was read and does not show the step. One call never sends a step twice.
            Some(sent) if sent.step == step.name => {
                if step.creates.is_some() {
                    lease.verify_held().await?;
                }
                return Err(sent.failure);
            }
            Some(sent) => progress.applied_steps.push(sent.step),
            None => {}
        }
        if progress.has(step.name) {
            return Err(ServiceError::new(
                ErrorCode::VendorRefused,
                format!(
                    "The vendor accepted the change ({}) but does not show it. Press Retry. If the error persists, contact the vendor.",
                    step.name
                ),
            ));
        }
        if let (Some(creates), Some(_)) = (&step.creates, &call.recovering) {
            lease.clear_pending_create(creates);
            return Err(ServiceError::new(
                ErrorCode::OutcomeUnknown,
                "The vendor never created it. Press Retry to create it.",
            ));
        }
        lease.record_intent(&step).await?;
        unconfirmed = perform(call, lease, &step, &mut progress).await?;
    }
}

/// A step that was sent and whose effect is not confirmed yet.
struct UnconfirmedStep {
    step: &'static str,
    failure: ServiceError,
    /// `true` if the vendor rejected a create because it has such an object.
    is_duplicate: bool,
}

async fn perform(
    call: &RequestContext<'_>,
    lease: &mut Lease<'_>,
    step: &Step,
    progress: &mut Progress,
) -> Result<Option<UnconfirmedStep>, ServiceError> {
    let error = match call.app.vendor.perform(&call.vendor_context(), step).await {
        Ok(created) => {
            progress.applied_steps.push(step.name);
            if let Some(id) = created {
                lease.record_created(id.clone()).await?;
                progress.created = Some(id);
            }
            return Ok(None);
        }
        Err(error) => error,
    };
    let applied_before = !progress.applied_steps.is_empty();
    let failure = call.app.vendor.user_error(step, error.clone());
    let unconfirmed = match error {
        VendorError::OutcomeUnknown { .. } | VendorError::InvalidResponse { .. } => true,
        // The vendor may reject the step because its effect exists already: from an earlier call of ours whose answer was
        // lost, or by another party.
        VendorError::Rejected { duplicate, .. } => {
            lease.clear_intent(step, applied_before);
            let is_duplicate = duplicate && step.creates.is_some();
            progress.check_before_create |= is_duplicate;
            return Ok(Some(UnconfirmedStep { step: step.name, failure, is_duplicate }));
        }
        VendorError::NotSent { .. }
        | VendorError::Unauthorized
        | VendorError::Forbidden { .. }
        | VendorError::RateLimited { .. }
        | VendorError::NotFound
        | VendorError::IncompleteList => {
            lease.clear_intent(step, applied_before);
            false
        }
    };
    if !unconfirmed {
        return Err(failure);
    }
    progress.check_before_create = true;
    progress.create_unconfirmed |= step.creates.is_some();
    if step.creates == Some(CreatedResource::Account) {
        // A search from before the create does not show what it made.
        call.app.store.clear_search_cursor(&lease.record.key(), SearchPurpose::Adopt.name()).await?;
    }
    Ok(Some(UnconfirmedStep { step: step.name, failure, is_duplicate: false }))
}
