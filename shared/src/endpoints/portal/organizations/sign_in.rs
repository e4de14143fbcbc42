//! Signing in as an organization's owner, and mailing the owner its sign-in details.

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde::Serialize;

use super::customers::{CustomerRef, find};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ExternalId;
use crate::endpoints::portal::PortalRequest;
use crate::store::Try;
use crate::vendor::CustomerState;

/// Time in which mails to one owner are counted. Windows begin at multiples of it.
const MAIL_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// Mails with sign-in details to one owner in a window.
pub const MAILS_PER_WINDOW: u32 = 3;

/// Response of `portal/organizations/impersonate`.
//
// It has no `Debug`, because the link is a secret.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignInLink {
    organization: ExternalId,
    /// Signs in once, as the organization's owner.
    url: String,
}

/// Response of `portal/organizations/invite`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    organization: ExternalId,
    /// Address of the owner, as the vendor shows it.
    email: String,
}

/// Returns a link that signs in once as the owner of one of the MSP's organizations.
///
/// # Errors
/// [`ErrorCode::StateConflict`] if the organization is unsubscribed; the errors of finding it and of the vendor.
pub async fn impersonate(portal: &PortalRequest<'_>, of: &CustomerRef) -> Result<SignInLink, ServiceError> {
    let access = find(portal, &of.organization).await?;
    if access.customer.state == CustomerState::Unsubscribed {
        return Err(conflict(
            "The organization is unsubscribed at Dropsuite, so there is no way to sign in to it. Activate its subscription first.",
        ));
    }
    let url = portal.call.app.vendor.sign_in_link(&portal.call.vendor_context(), &access).await?;
    // Written before the link is answered, so that each sign-in has an entry.
    record(portal, &access.customer.id).await?;
    Ok(SignInLink { organization: access.customer.id, url: url.expose_secret().to_owned() })
}

/// Mails the sign-in details to the owner of one of the MSP's organizations.
///
/// # Errors
/// [`ErrorCode::StateConflict`] if its owner cannot sign in; [`ErrorCode::TooManyTries`] after [`MAILS_PER_WINDOW`] mails; the
/// errors of finding it and of the vendor.
pub async fn invite(portal: &PortalRequest<'_>, of: &CustomerRef) -> Result<Invitation, ServiceError> {
    let access = find(portal, &of.organization).await?;
    match access.customer.state {
        CustomerState::Active => {}
        CustomerState::Suspended => {
            return Err(conflict(
                "The organization is suspended, so its owner cannot sign in. End the suspension first.",
            ));
        }
        CustomerState::Unsubscribed => {
            return Err(conflict(
                "The organization is unsubscribed, so its owner cannot sign in. Activate its subscription first.",
            ));
        }
    }
    let mail = count_mail(portal, &access.customer.id).await?;
    if let Err(error) = portal.call.app.vendor.send_sign_in_details(&portal.call.vendor_context(), &access).await {
        let is_unsent = error.code() != ErrorCode::OutcomeUnknown;
        if is_unsent && let Err(error) = portal.call.app.store.discount_try(&mail).await {
            tracing::warn!(%error, "failed to take back a counted mail; it counts until the window ends");
        }
        return Err(error);
    }
    record(portal, &access.customer.id).await?;
    Ok(Invitation { organization: access.customer.id, email: access.customer.email })
}

/// Adds what was done for an organization to the history.
async fn record(portal: &PortalRequest<'_>, organization: &ExternalId) -> Result<(), ServiceError> {
    let new = portal.entry(format!("organization {organization}")).with_customer(Some(organization.clone()), None);
    Ok(portal.call.app.store.add_history(&new).await?)
}

/// Counts a mail to an organization's owner before it is sent.
async fn count_mail(portal: &PortalRequest<'_>, organization: &ExternalId) -> Result<Try, ServiceError> {
    let organization = portal.call.app.vendor.identify(&portal.call.vendor_context(), organization.clone())?;
    let subject = Fingerprint::hash(&("sign-in details", organization.to_string()));
    let refusal = format!(
        "The owner was sent {MAILS_PER_WINDOW} mails with sign-in details within the hour. Ask the owner to look for them, also among the junk mail, and try again later."
    );
    portal.count_try(Try::new(subject, portal.now(), MAIL_WINDOW), MAILS_PER_WINDOW, refusal).await
}

fn conflict(message: &str) -> ServiceError {
    ServiceError::new(ErrorCode::StateConflict, message)
}
