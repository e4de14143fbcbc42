//! Sends a request to a vendor, and keeps out what the vendor did not say.

use crate::http_client::{Effect, HttpClient, Request, Response};
use crate::vendor::{VendorContext, VendorError};

/// Sends `request` within the deadline of `context` and returns the vendor's response, with any status below 500.
///
/// # Errors
/// The errors of the transport. A page in HTML is the answer of a system in front of the vendor: it denies nothing, so a
/// read is [`VendorError::NotSent`] and a change is [`VendorError::OutcomeUnknown`].
pub(super) async fn send(
    client: &HttpClient,
    context: &VendorContext<'_>,
    request: &Request,
) -> Result<Response, VendorError> {
    let response = client.send(request, context.deadline, context.outbound_calls).await?;
    if response.is_html() && !cfg!(feature = "trust-first-answer") {
        let reason = format!("status {} with a page that is not the vendor's answer", response.status.as_u16());
        return Err(match request.effect {
            Effect::Read => VendorError::NotSent { reason },
            Effect::Write => VendorError::OutcomeUnknown { reason },
        });
    }
    Ok(response)
}
