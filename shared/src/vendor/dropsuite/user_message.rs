//! Messages for rejections by Dropsuite, for the person who can correct the cause.

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::vendor::dropsuite::contract::{self, member};
use crate::vendor::{Step, VendorError};

/// Converts the error of a failed step into one with a message for a person.
pub fn user_error(step: &Step, error: VendorError) -> ServiceError {
    let VendorError::Rejected { message, members, duplicate } = &error else {
        return error.into();
    };
    let message = message.trim_end_matches(['.', ' ']);
    let names = |name: &str| members.iter().any(|member| member == name);
    let service_error = if *duplicate && names(member::EMAIL) {
        ServiceError::new(
            ErrorCode::EmailInUse,
            "The email address is already in use at Dropsuite. Use another email address. If it belongs to an existing Dropsuite organization of the same customer, contact your provider to link that organization.",
        )
    } else if *duplicate && (names(member::ORGANIZATION_NAME) || names(member::COMPANY_NAME)) {
        ServiceError::new(
            ErrorCode::NameInUse,
            "The company name is already in use at Dropsuite. Use another name, or contact your provider.",
        )
    } else if names(member::EMAIL) {
        ServiceError::new(
            ErrorCode::EmailInvalid,
            format!("Dropsuite rejected the email address: {message}. Correct it, or contact your provider."),
        )
    } else if names(member::COUNTRY) {
        ServiceError::new(
            ErrorCode::CountryInvalid,
            format!(
                "Dropsuite rejected the country: {message}. Correct the country of the billing address, or contact your provider."
            ),
        )
    } else if names(member::SEATS) {
        ServiceError::new(
            ErrorCode::SeatsInUse,
            format!(
                "Dropsuite rejected the number of seats: {message}. Order another number of seats, or contact your provider."
            ),
        )
    } else if step.name == contract::REACTIVATE.name {
        ServiceError::new(
            ErrorCode::RetentionExpired,
            format!(
                "Dropsuite cannot reactivate the subscription: {message}. It keeps the data for {} days after the cancellation. After that, order a new subscription.",
                contract::RETENTION_DAYS
            ),
        )
    } else {
        ServiceError::new(
            ErrorCode::VendorRefused,
            format!("Dropsuite rejected the request: {message}. Correct the cause, or ask Dropsuite."),
        )
    };
    service_error.with_internal(&error)
}
