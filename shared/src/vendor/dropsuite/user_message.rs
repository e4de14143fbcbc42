//! A refusal of Dropsuite in the words of whoever can mend it.

use crate::domain::error::Failure;
use crate::domain::error_code::Code;
use crate::vendor::dropsuite::contract::{self, member};
use crate::vendor::{Step, VendorError};

/// What to tell a person when `step` failed.
pub fn explain(step: &Step, error: VendorError) -> Failure {
    let VendorError::Refused { message, members, duplicate } = &error else {
        return error.into();
    };
    let named = |name: &str| members.iter().any(|member| member == name);
    let failure = if *duplicate && named(member::EMAIL) {
        Failure::new(
            Code::EmailInUse,
            "The email address is in use at Dropsuite. Use another one; if it is this customer's own organization there, synchronize the account so that it is linked.",
        )
    } else if *duplicate && (named(member::ORGANIZATION_NAME) || named(member::COMPANY_NAME)) {
        Failure::new(Code::NameInUse, "The company's name is in use at Dropsuite. Use another name for the account.")
    } else if named(member::EMAIL) {
        Failure::new(Code::EmailInvalid, format!("Dropsuite does not take the email address: {message}."))
    } else if named(member::COUNTRY) {
        Failure::new(Code::CountryInvalid, format!("Dropsuite does not take the country: {message}."))
    } else if named(member::SEATS) {
        Failure::new(Code::SeatsInUse, format!("Dropsuite does not take the number of seats: {message}."))
    } else if step.name == contract::REACTIVATE.name {
        Failure::new(
            Code::RetentionPassed,
            format!(
                "Dropsuite can't reactivate the organization: {message}. It keeps the data for {} days.",
                contract::RETENTION_DAYS
            ),
        )
    } else {
        Failure::new(Code::VendorRefused, format!("Dropsuite refused: {message}."))
    };
    failure.because(&error)
}
