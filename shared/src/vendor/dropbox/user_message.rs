//! Messages for rejections by Dropbox, for the person who can correct the cause.

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::vendor::dropbox::contract::{self, GRACE_DAYS, tag};
use crate::vendor::{Step, VendorError};

/// Converts the error of a failed step into one with a message for a person.
pub fn step_error(step: &Step, error: VendorError) -> ServiceError {
    let skus_rejected =
        matches!(&error, VendorError::Rejected { members, .. } if members.iter().any(|member| member == tag::SKUS));
    if skus_rejected && step.name == contract::REINSTATE.name {
        grace_period_over().with_internal(error)
    } else {
        user_error(error)
    }
}

/// Returns the error for a request of an MSP. Only Dropsuite has MSPs.
pub fn msp_not_supported() -> ServiceError {
    ServiceError::new(
        ErrorCode::NotSupportedByVendor,
        "This deployment sells Dropbox, which has no portal for MSPs and no ConnectWise integration. Use the URL of a deployment that sells Dropsuite.",
    )
}

/// Returns the error for a team that ended more than [`GRACE_DAYS`] ago. Dropbox reinstates it with its previous SKUs only.
pub fn grace_period_over() -> ServiceError {
    ServiceError::new(
        ErrorCode::StateConflict,
        format!(
            "The Dropbox team ended more than {GRACE_DAYS} days ago, so it can only be restored with its previous plan, licences and add-ons. Order those, then change them."
        ),
    )
}

/// Converts the error of a failed request into one with a message for a person.
pub fn user_error(error: VendorError) -> ServiceError {
    let service_error = match &error {
        VendorError::Unauthorized => ServiceError::new(
            ErrorCode::CredentialsRefused,
            "Dropbox rejected the API Key or the API Secret. Compare both with the values from Dropbox's channel team, correct the integration's settings, then press Retry.",
        ),
        VendorError::NotFound => ServiceError::new(
            ErrorCode::MissingAtVendor,
            "Dropbox does not know the team, or knows it under another reseller. Compare the Reseller ID in the account's Sync Options with the Dropbox Partner Portal.",
        ),
        VendorError::Rejected { message, members, .. } => rejection_error(members.first().map(String::as_str), message),
        VendorError::Forbidden { message } => ServiceError::new(
            ErrorCode::CredentialsRefused,
            format!(
                "The API Key in the integration's settings does not have permission for this request ({message}). Ask Dropbox's channel team for it."
            ),
        ),
        VendorError::NotSent { .. }
        | VendorError::OutcomeUnknown { .. }
        | VendorError::RateLimited { .. }
        | VendorError::InvalidResponse { .. }
        | VendorError::IncompleteList => return error.into(),
    };
    service_error.with_internal(&error)
}

fn rejection_error(tag: Option<&str>, message: &str) -> ServiceError {
    match tag {
        Some(tag::EMAIL_TAKEN) => ServiceError::new(
            ErrorCode::EmailInUse,
            "The email address belongs to another Dropbox team, and an address can belong to one team only. Use another email address. If you cannot change it, contact your provider.",
        ),
        Some(tag::RESELLERS) => ServiceError::new(
            ErrorCode::ResellerIdInvalid,
            "Dropbox does not know the reseller. Compare the Reseller ID in the account's Sync Options and the Distributor ID in the integration's settings with the Dropbox Partner Portal. Correct the wrong one, then press Retry.",
        ),
        Some(tag::COUNTRY) => ServiceError::new(
            ErrorCode::CountryInvalid,
            "Dropbox does not know the country of the billing address, or does not sell there. Correct the country, or contact your provider.",
        ),
        Some(tag::EMAIL) => ServiceError::new(
            ErrorCode::EmailInvalid,
            format!("Dropbox rejected the email address: {message}. Correct it, or contact your provider."),
        ),
        Some(tag::NAME) => ServiceError::new(
            ErrorCode::NameInvalid,
            format!("Dropbox rejected the account's name: {message}. Correct it, or contact your provider."),
        ),
        Some(tag::SKUS) => ServiceError::new(
            ErrorCode::NoSuitablePlan,
            format!(
                "Dropbox rejected the combination of SKUs ({message}). Compare the service manager's catalogue with Dropbox's price list, correct it, then press Retry."
            ),
        ),
        Some(tag::CHANGED) => ServiceError::new(
            ErrorCode::VendorRefused,
            "The team was changed at Dropbox at the same time. Press Retry: the team is read again first.",
        ),
        Some(tag::TOO_LATE) => ServiceError::new(
            ErrorCode::OutsideCancellationWindow,
            format!(
                "Dropbox allows a cancellation or suspension only within {GRACE_DAYS} days of an order or renewal. Try again after the next renewal."
            ),
        ),
        Some(tag::TRIAL) => ServiceError::new(
            ErrorCode::TrialRefused,
            format!("Dropbox does not allow this in a trial: {message}. Order it as paid, or contact your provider."),
        ),
        Some(tag::MIGRATED) => ServiceError::new(
            ErrorCode::VendorRefused,
            "Dropbox says that the team belongs to that reseller already, but does not show it there. Run it again in a few minutes.",
        ),
        Some(_) | None => ServiceError::new(
            ErrorCode::VendorRefused,
            format!("Dropbox rejected the request: {message}. Correct the cause, or ask Dropbox's channel team."),
        ),
    }
}
