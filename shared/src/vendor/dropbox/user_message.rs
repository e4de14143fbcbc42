//! A refusal of Dropbox in the words of whoever can mend it.

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::vendor::dropbox::contract::{self, GRACE_DAYS, tag};
use crate::vendor::{Step, VendorError};

/// What to tell a person when `step` failed.
pub fn explain_step(step: &Step, error: VendorError) -> ServiceError {
    let skus =
        matches!(&error, VendorError::Rejected { members, .. } if members.iter().any(|member| member == tag::SKUS));
    if skus && step.name == contract::REINSTATE.name { ended_long_ago().with_internal(error) } else { explain(error) }
}

/// What an MSP is told, whose portal is for the customers of another vendor.
pub fn no_msps() -> ServiceError {
    ServiceError::new(
        ErrorCode::NotSupportedByVendor,
        "This deployment sells Dropbox, which the portal and ConnectWise are not made for. Use the address of a deployment that sells Dropsuite.",
    )
}

/// Dropbox gives a team back as it was, when it ended long ago.
pub fn ended_long_ago() -> ServiceError {
    ServiceError::new(
        ErrorCode::StateConflict,
        format!(
            "The team was ended more than {GRACE_DAYS} days ago, and Dropbox gives it back only with the plan, licences and add-ons that it had. Order those, then change it."
        ),
    )
}

/// What to tell a person when a call failed.
pub fn explain(error: VendorError) -> ServiceError {
    let failure = match &error {
        VendorError::Unauthorized => ServiceError::new(
            ErrorCode::CredentialsRefused,
            "Dropbox refused the API Key and API Secret. Compare both with what Dropbox's channel team gave and mend them in the integration's settings, then press Retry.",
        ),
        VendorError::NotFound => ServiceError::new(
            ErrorCode::MissingAtVendor,
            "Dropbox does not know the team, or not as this reseller's. Compare the Reseller ID of the account's Sync Options with the Dropbox Partner Portal.",
        ),
        VendorError::Rejected { message, members, .. } => refused(members.first().map(String::as_str), message),
        VendorError::Forbidden { message } => ServiceError::new(
            ErrorCode::CredentialsRefused,
            format!(
                "Dropbox does not let the API Key of the integration's settings do this ({message}). Ask Dropbox's channel team."
            ),
        ),
        VendorError::NotSent { .. }
        | VendorError::OutcomeUnknown { .. }
        | VendorError::RateLimited { .. }
        | VendorError::InvalidResponse { .. } => return error.into(),
    };
    failure.with_internal(&error)
}

fn refused(tag: Option<&str>, message: &str) -> ServiceError {
    match tag {
        Some(tag::EMAIL_TAKEN) => ServiceError::new(
            ErrorCode::EmailInUse,
            "The email address belongs to another Dropbox team, and Dropbox takes an address for one only. Use another one in the account's Sync Options, synchronize, then press Retry.",
        ),
        Some(tag::RESELLERS) => ServiceError::new(
            ErrorCode::ResellerIdInvalid,
            "Dropbox does not know the reseller. Compare the Reseller ID of the account's Sync Options, and the Distributor ID of the integration's settings, with the Dropbox Partner Portal; mend the wrong one, then press Retry.",
        ),
        Some(tag::COUNTRY) => ServiceError::new(
            ErrorCode::CountryInvalid,
            "Dropbox does not sell to the country of the account's billing address, or does not know it. Choose the country anew.",
        ),
        Some(tag::EMAIL) => {
            ServiceError::new(ErrorCode::EmailInvalid, format!("Dropbox does not take the email address: {message}."))
        }
        Some(tag::NAME) => {
            ServiceError::new(ErrorCode::NameInvalid, format!("Dropbox does not take the account's name: {message}."))
        }
        Some(tag::SKUS) => ServiceError::new(
            ErrorCode::NoSuitablePlan,
            format!(
                "Dropbox does not take these SKUs together ({message}). Compare the service manager's catalogue with Dropbox's price list."
            ),
        ),
        Some(tag::CHANGED) => ServiceError::new(
            ErrorCode::VendorRefused,
            "The team was changed at Dropbox at the same moment. Press Retry: it is looked at anew.",
        ),
        Some(tag::TOO_LATE) => ServiceError::new(
            ErrorCode::OutsideCancellationWindow,
            format!(
                "Dropbox lets a subscription be cancelled or suspended only within {GRACE_DAYS} days of its order or renewal."
            ),
        ),
        Some(tag::TRIAL) => {
            ServiceError::new(ErrorCode::TrialRefused, format!("Dropbox does not allow it for a trial: {message}."))
        }
        Some(_) | None => ServiceError::new(ErrorCode::VendorRefused, format!("Dropbox refused: {message}.")),
    }
}
