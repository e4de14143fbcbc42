//! Signing in as an organization's owner, and mailing the owner its sign-in details.

use secrecy::ExposeSecret;
use serde::Serialize;

use super::customers::{CustomerRef, find};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::endpoints::portal::PortalRequest;
use crate::vendor::CustomerState;

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
/// [`ErrorCode::StateConflict`] if the organization is unsubscribed; the errors of [`find`] and of the vendor.
pub async fn impersonate(portal: &PortalRequest<'_>, of: &CustomerRef) -> Result<SignInLink, ServiceError> {
    let access = find(portal, &of.organization).await?;
    if access.customer.state == CustomerState::Unsubscribed {
        return Err(conflict(
            "The organization is unsubscribed at Dropsuite, so there is no way to sign in to it. Activate its subscription first.",
        ));
    }
    let url = portal.call.app.vendor.sign_in_link(&portal.call.vendor_context(), &access).await?;
    Ok(SignInLink { organization: access.customer.id, url: url.expose_secret().to_owned() })
}

/// Mails the sign-in details to the owner of one of the MSP's organizations.
///
/// # Errors
/// [`ErrorCode::StateConflict`] if its owner cannot sign in; the errors of [`find`] and of the vendor.
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
    portal.call.app.vendor.send_sign_in_details(&portal.call.vendor_context(), &access).await?;
    Ok(Invitation { organization: access.customer.id, email: access.customer.email })
}

fn conflict(message: &str) -> ServiceError {
    ServiceError::new(ErrorCode::StateConflict, message)
}
