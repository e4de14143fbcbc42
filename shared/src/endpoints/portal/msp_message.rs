//! Messages of errors for the MSP.
//!
//! Accounts and orders are shared with the BSS, and their messages address an operator of the BSS or a customer of the
//! storefront. The MSP has neither the BSS's Retry button nor its accounts, so these messages are adapted here.

use std::borrow::Cow;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;

/// Phrases for the BSS's operators and customers, and their replacements for the MSP.
const PHRASES: [(&str, &str); 5] = [
    ("Press Retry", "Repeat the request"),
    ("press Retry", "repeat the request"),
    ("The partner's credentials", "Your Dropsuite tokens"),
    ("the partner's credentials", "your Dropsuite tokens"),
    ("your provider", "your distributor"),
];

/// Returns the message of `error` for the MSP.
pub(super) fn msp_message(error: &ServiceError) -> Cow<'_, str> {
    if error.code() == ErrorCode::Internal {
        return Cow::Borrowed(
            "The service manager failed. No data is lost. Try again. If it fails again, report the reference to your distributor.",
        );
    }
    if error.code() == ErrorCode::AccountUnknown {
        return Cow::Borrowed(
            "The company has no organization at Dropsuite yet. Create it at portal/organizations/create.",
        );
    }
    for_msp(error.message())
}

/// Returns a message that was written for the BSS, for the MSP.
pub(super) fn for_msp(message: &str) -> Cow<'_, str> {
    PHRASES.iter().fold(Cow::Borrowed(message), |message, (phrase, replacement)| {
        if message.contains(phrase) { Cow::Owned(message.replace(phrase, replacement)) } else { message }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;
    use crate::vendor::VendorError;

    #[test]
    fn no_message_addresses_an_operator_of_the_bss() {
        for error in [
            ServiceError::from(StoreError::Unavailable(String::new())),
            ServiceError::from(StoreError::LeaseLost),
            ServiceError::from(VendorError::Unauthorized),
            ServiceError::internal("x"),
            ServiceError::new(
                ErrorCode::AccountUnknown,
                "Save & Synchronize it in its Sync Options, then press Retry.",
            ),
            ServiceError::new(
                ErrorCode::InProgress,
                "Another call is working on this account. Press Retry in 30 seconds.",
            ),
            ServiceError::new(ErrorCode::EmailInUse, "Use another email address, or contact your provider."),
        ] {
            let message = msp_message(&error);
            for phrase in ["Retry", "Sync", "partner's", "provider", "TrackId"] {
                assert!(!message.contains(phrase), "{message}");
            }
        }
    }

    #[test]
    fn other_messages_are_unchanged() {
        let error = ServiceError::new(ErrorCode::SeatsInUse, "You ordered 2 seats, but 3 are in use.");
        assert!(matches!(msp_message(&error), Cow::Borrowed("You ordered 2 seats, but 3 are in use.")));
    }
}
