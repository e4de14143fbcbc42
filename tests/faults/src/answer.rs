//! Responses of the functions that the fault tests call.

use serde_json::Value;
use service_manager::domain::error_code::ErrorCode;
use service_manager::runtime::status::{bss_status, portal_status};

/// The response of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
}

impl Answer {
    /// Returns the code of the envelope, or of the portal's error; 0 for a success of the portal, which has none.
    pub fn code(&self) -> i64 {
        let without = if self.status == 200 { 0 } else { i64::MIN };
        [&self.body["Code"], &self.body["code"]].into_iter().find_map(Value::as_i64).unwrap_or(without)
    }

    /// Returns `true` for a success.
    pub fn is_success(&self) -> bool {
        self.status == 200 && self.code() == 0
    }

    /// Returns `true` if the response asks for a retry, as it also does if the vendor denies an object.
    pub fn asks_for_retry(&self) -> bool {
        // The portal names the address of a ConnectWise that does not answer as an invalid field.
        let unreachable = |text: &str| text.contains("could not be reached");
        if self.body["fields"]["siteUrl"].as_str().is_some_and(unreachable) {
            return true;
        }
        [
            ErrorCode::VendorUnavailable,
            ErrorCode::OutcomeUnknown,
            ErrorCode::InProgress,
            // The time did not suffice, and the next call goes on.
            ErrorCode::SearchIncomplete,
            ErrorCode::StoreUnavailable,
            ErrorCode::MissingAtVendor,
            ErrorCode::ConnectWiseUnavailable,
        ]
        .iter()
        .filter(|code| i64::from(code.number()) == self.code())
        .any(|code| [bss_status(*code), portal_status(*code)].iter().any(|status| status.as_u16() == self.status))
    }
}
