//! The one mapping of error codes to HTTP statuses.

use http::StatusCode;

use crate::domain::error_code::Code;

/// The HTTP status. A business outcome is 200; anything else says that the service manager refused the caller or
/// is broken.
pub const fn bss_status(code: Code) -> StatusCode {
    match code {
        Code::BadRequest | Code::FieldsInvalid => StatusCode::BAD_REQUEST,
        Code::NotAuthorized | Code::SessionInvalid => StatusCode::UNAUTHORIZED,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::SettingInvalid
        | Code::CredentialsRefused
        | Code::VendorUnavailable
        | Code::OutcomeUnknown
        | Code::InProgress
        | Code::Ambiguous
        | Code::SearchUnfinished
        | Code::AccountUnknown
        | Code::ResellerUnknown
        | Code::SubscriptionUnknown
        | Code::ExternalIdTaken
        | Code::Gone
        | Code::SubscriptionLive
        | Code::PlansLacking
        | Code::VendorRefused
        | Code::ResellerIdInvalid
        | Code::ConnectWiseUnset
        | Code::ConnectWiseRefused
        | Code::ConnectWiseUnavailable
        | Code::NotOffered
        | Code::EmailInvalid
        | Code::EmailInUse
        | Code::NameInvalid
        | Code::NameInUse
        | Code::CountryInvalid
        | Code::RoleInvalid
        | Code::PlanUnknown
        | Code::SeatsInvalid
        | Code::SeatsInUse
        | Code::SubscriptionExists
        | Code::CurrencyMismatch
        | Code::RetentionPassed
        | Code::StateConflict
        | Code::CancellationClosed
        | Code::DowngradeRefused
        | Code::AddonInvalid
        | Code::TrialRefused => StatusCode::OK,
    }
}

/// The HTTP status of a failure here, where no envelope stands for it.
pub const fn portal_status(code: Code) -> StatusCode {
    match code {
        Code::NotAuthorized | Code::SessionInvalid => StatusCode::UNAUTHORIZED,
        Code::NotFound | Code::SubscriptionUnknown | Code::AccountUnknown | Code::Gone => StatusCode::NOT_FOUND,
        Code::InProgress
        | Code::Ambiguous
        | Code::ExternalIdTaken
        | Code::EmailInUse
        | Code::NameInUse
        | Code::SubscriptionExists
        | Code::SubscriptionLive
        | Code::StateConflict
        | Code::RetentionPassed
        | Code::CancellationClosed
        | Code::ConnectWiseUnset => StatusCode::CONFLICT,
        // Others' failures are not ours: they must not raise the alarm of our own, or take back a deployment.
        Code::VendorUnavailable | Code::ConnectWiseUnavailable | Code::OutcomeUnknown | Code::SearchUnfinished => {
            StatusCode::FAILED_DEPENDENCY
        }
        Code::BadRequest
        | Code::MethodNotAllowed
        | Code::TooLarge
        | Code::Internal
        | Code::StoreUnavailable
        | Code::FieldsInvalid => bss_status(code),
        Code::SettingInvalid
        | Code::CredentialsRefused
        | Code::ConnectWiseRefused
        | Code::NotOffered
        | Code::ResellerUnknown
        | Code::PlansLacking
        | Code::VendorRefused
        | Code::ResellerIdInvalid
        | Code::EmailInvalid
        | Code::NameInvalid
        | Code::CountryInvalid
        | Code::RoleInvalid
        | Code::PlanUnknown
        | Code::SeatsInvalid
        | Code::SeatsInUse
        | Code::CurrencyMismatch
        | Code::DowngradeRefused
        | Code::AddonInvalid
        | Code::TrialRefused => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
