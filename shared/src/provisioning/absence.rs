//! Absence: what to believe when the vendor denies an object.
//!
//! One denial proves nothing: the credentials may be another partner's, or the answer wrong. An object counts as gone only if
//! three reads agree: the vendor denies it, to the partner to whom it showed it before, and no page of that partner's whole
//! list has it. Until then the denial is the answer, and nothing changes.

use crate::app::request::RequestContext;
use crate::domain::account::{Candidate, Role};
use crate::domain::error::ServiceError;
use crate::domain::ids::{ExternalId, PartnerId};
use crate::domain::msp::MspId;
use crate::provisioning::account_search::{SearchPurpose, candidates};
use crate::store::AccountRecord;
use crate::vendor::SearchCriteria;

/// Returns `true` only with the feature `trust-first-answer`, with which tests see that they find such a defect.
pub const fn trusts_first_answer() -> bool {
    cfg!(feature = "trust-first-answer")
}

/// Refuses to believe `denial` unless the vendor's whole list lacks the object as well.
///
/// # Errors
/// `denial`, if the absence is not proved; [`SearchIncomplete`](crate::domain::error_code::ErrorCode::SearchIncomplete) if
/// one call cannot read the whole list.
pub async fn ensure_gone(
    call: &RequestContext<'_>,
    record: &AccountRecord,
    role: Role,
    id: &ExternalId,
    denial: &ServiceError,
) -> Result<(), ServiceError> {
    if trusts_first_answer() {
        return Ok(());
    }
    ensure_provable(call, record, denial).await?;
    ensure_unlisted(call, record, role, id, denial).await
}

/// Refuses to believe `denial` of an object that the vendor's whole list has.
///
/// # Errors
/// `denial`; [`SearchIncomplete`](crate::domain::error_code::ErrorCode::SearchIncomplete) if one call cannot read the whole
/// list.
pub async fn ensure_unlisted(
    call: &RequestContext<'_>,
    record: &AccountRecord,
    role: Role,
    id: &ExternalId,
    denial: &ServiceError,
) -> Result<(), ServiceError> {
    let reference = record.key().reference();
    let criteria = SearchCriteria { role, email: None, name: "", reference: &reference, denied: Some(id) };
    let found = candidates(call, &record.key(), &criteria, SearchPurpose::Prove).await?;
    ensure_not_listed(&found, id, denial)
}

/// Refuses to believe `denial` if the call's credentials cannot prove it: they are not those of the partner to whom the
/// vendor showed the object, or they show nothing of the partner. An id that only the BSS names was never shown to anyone;
/// nothing of ours depends on it.
///
/// # Errors
/// `denial`; the errors of reading the vendor.
pub async fn ensure_provable(
    call: &RequestContext<'_>,
    record: &AccountRecord,
    denial: &ServiceError,
) -> Result<(), ServiceError> {
    if trusts_first_answer() {
        return Ok(());
    }
    let (vendor, context) = (&call.app.vendor, call.vendor_context());
    let partner = vendor.partner_id(&context)?;
    if record.external_id.is_some() && !is_same_partner(call, record.shown_to.as_ref(), partner.as_ref()).await? {
        return Err(denial.clone().with_internal("the vendor denied the object to a partner that never saw it"));
    }
    if vendor.shows_partner(&context).await? {
        return Ok(());
    }
    Err(denial.clone().with_internal("the vendor denied the object to credentials that show nothing of the partner"))
}

/// Returns `true` if both are ids of one partner. The id of a partner follows from its reseller token, and a token can have
/// replaced another.
async fn is_same_partner(
    call: &RequestContext<'_>,
    shown_to: Option<&PartnerId>,
    partner: Option<&PartnerId>,
) -> Result<bool, ServiceError> {
    let (Some(shown_to), Some(partner)) = (shown_to, partner) else { return Ok(false) };
    if shown_to == partner {
        return Ok(true);
    }
    let [shown_to, partner] = [shown_to, partner].map(|id| id.as_str().parse::<MspId>().ok());
    let (Some(shown_to), Some(partner)) = (shown_to, partner) else { return Ok(false) };
    let store = &call.app.store;
    Ok(store.msp_of_token(shown_to).await? == store.msp_of_token(partner).await?)
}

/// Refuses to believe `denial` of an object that a search of the whole list has found.
///
/// # Errors
/// `denial`.
pub fn ensure_not_listed(found: &[Candidate], id: &ExternalId, denial: &ServiceError) -> Result<(), ServiceError> {
    if found.iter().any(|candidate| candidate.id == *id) && !trusts_first_answer() {
        return Err(denial.clone().with_internal("the vendor denied the object, but its list has it"));
    }
    Ok(())
}
