//! The mapping of error codes to HTTP statuses.

use http::StatusCode;

use crate::domain::error_code::ErrorCode;

/// Returns the HTTP status of an error to the BSS. A business outcome has 200. Another status means that the service manager
/// refused the caller or failed.
pub const fn bss_status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::BadRequest | ErrorCode::FieldsInvalid => StatusCode::BAD_REQUEST,
        ErrorCode::NotAuthorized | ErrorCode::SessionInvalid => StatusCode::UNAUTHORIZED,
        ErrorCode::RoleTooLow => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::TooManyTries => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::SettingInvalid
        | ErrorCode::CredentialsRefused
        | ErrorCode::VendorUnavailable
        | ErrorCode::OutcomeUnknown
        | ErrorCode::InProgress
        | ErrorCode::Ambiguous
        | ErrorCode::SearchIncomplete
        | ErrorCode::AccountUnknown
        | ErrorCode::ResellerUnknown
        | ErrorCode::SubscriptionUnknown
        | ErrorCode::ExternalIdTaken
        | ErrorCode::MissingAtVendor
        | ErrorCode::SubscriptionLive
        | ErrorCode::NoSuitablePlan
        | ErrorCode::VendorRefused
        | ErrorCode::ResellerIdInvalid
        | ErrorCode::ConnectWiseNotConfigured
        | ErrorCode::ConnectWiseRefused
        | ErrorCode::ConnectWiseUnavailable
        | ErrorCode::SignInRefused
        | ErrorCode::IdentityProviderUnavailable
        | ErrorCode::NotSupportedByVendor
        | ErrorCode::EmailInvalid
        | ErrorCode::EmailInUse
        | ErrorCode::NameInvalid
        | ErrorCode::NameInUse
        | ErrorCode::CountryInvalid
        | ErrorCode::RoleInvalid
        | ErrorCode::PlanUnknown
        | ErrorCode::SeatsInvalid
        | ErrorCode::SeatsInUse
        | ErrorCode::SubscriptionExists
        | ErrorCode::CurrencyMismatch
        | ErrorCode::RetentionExpired
        | ErrorCode::StateConflict
        | ErrorCode::OutsideCancellationWindow
        | ErrorCode::DowngradeRefused
        | ErrorCode::AddonInvalid
        | ErrorCode::TrialRefused => StatusCode::OK,
    }
}

/// Returns the HTTP status of an error to the portal or a reporter, where no envelope carries the code.
pub const fn portal_status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::NotAuthorized | ErrorCode::SessionInvalid | ErrorCode::SignInRefused => StatusCode::UNAUTHORIZED,
        ErrorCode::NotFound
        | ErrorCode::SubscriptionUnknown
        | ErrorCode::AccountUnknown
        | ErrorCode::MissingAtVendor => StatusCode::NOT_FOUND,
        ErrorCode::InProgress
        | ErrorCode::Ambiguous
        | ErrorCode::ExternalIdTaken
        | ErrorCode::EmailInUse
        | ErrorCode::NameInUse
        | ErrorCode::SubscriptionExists
        | ErrorCode::SubscriptionLive
        | ErrorCode::StateConflict
        | ErrorCode::RetentionExpired
        | ErrorCode::OutsideCancellationWindow
        | ErrorCode::ConnectWiseNotConfigured => StatusCode::CONFLICT,
        // Failures of other systems have no 5xx status: they must not raise the alarm for server errors or roll back a
        // deployment.
        ErrorCode::VendorUnavailable
        | ErrorCode::ConnectWiseUnavailable
        | ErrorCode::IdentityProviderUnavailable
        | ErrorCode::OutcomeUnknown
        | ErrorCode::SearchIncomplete => StatusCode::FAILED_DEPENDENCY,
        ErrorCode::BadRequest
        | ErrorCode::MethodNotAllowed
        | ErrorCode::TooLarge
        | ErrorCode::TooManyTries
        | ErrorCode::Internal
        | ErrorCode::StoreUnavailable
        | ErrorCode::RoleTooLow
        | ErrorCode::FieldsInvalid => bss_status(code),
        ErrorCode::SettingInvalid
        | ErrorCode::CredentialsRefused
        | ErrorCode::ConnectWiseRefused
        | ErrorCode::NotSupportedByVendor
        | ErrorCode::ResellerUnknown
        | ErrorCode::NoSuitablePlan
        | ErrorCode::VendorRefused
        | ErrorCode::ResellerIdInvalid
        | ErrorCode::EmailInvalid
        | ErrorCode::NameInvalid
        | ErrorCode::CountryInvalid
        | ErrorCode::RoleInvalid
        | ErrorCode::PlanUnknown
        | ErrorCode::SeatsInvalid
        | ErrorCode::SeatsInUse
        | ErrorCode::CurrencyMismatch
        | ErrorCode::DowngradeRefused
        | ErrorCode::AddonInvalid
        | ErrorCode::TrialRefused => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
