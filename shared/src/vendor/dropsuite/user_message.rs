//! A refusal of Dropsuite in the words of whoever can mend it.

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::vendor::dropsuite::contract::{self, member};
use crate::vendor::{Step, VendorError};

/// What to tell a person when `step` failed.
pub fn explain(step: &Step, error: VendorError) -> ServiceError {
    let VendorError::Rejected { message, members, duplicate } = &error else {
        return error.into();
    };
    let named = |name: &str| members.iter().any(|member| member == name);
    let failure = if *duplicate && named(member::EMAIL) {
        ServiceError::new(
            ErrorCode::EmailInUse,
            "The email address is in use at Dropsuite. Use another one; if it is this customer's own organization there, synchronize the account so that it is linked.",
        )
    } else if *duplicate && (named(member::ORGANIZATION_NAME) || named(member::COMPANY_NAME)) {
        ServiceError::new(ErrorCode::NameInUse, "The company's name is in use at Dropsuite. Use another name for the account.")
    } else if named(member::EMAIL) {
        ServiceError::new(ErrorCode::EmailInvalid, format!("Dropsuite does not take the email address: {message}."))
    } else if named(member::COUNTRY) {
        ServiceError::new(ErrorCode::CountryInvalid, format!("Dropsuite does not take the country: {message}."))
    } else if named(member::SEATS) {
        ServiceError::new(ErrorCode::SeatsInUse, format!("Dropsuite does not take the number of seats: {message}."))
    } else if step.name == contract::REACTIVATE.name {
        ServiceError::new(
            ErrorCode::RetentionExpired,
            format!(
                "Dropsuite can't reactivate the organization: {message}. It keeps the data for {} days.",
                contract::RETENTION_DAYS
            ),
        )
    } else {
        ServiceError::new(ErrorCode::VendorRefused, format!("Dropsuite refused: {message}."))
    };
    failure.with_internal(&error)
}
