//! The error codes of all responses. `docs/reference/error-codes.md` lists them, and a test compares both.
//!
//! The BSS shows the message of -80000 to -89999 to the storefront customer. It shows the message of any other negative
//! code to its own staff only (`docs/vendors/bss.md`, "Envelopes").

/// The reason that a request was rejected or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The endpoint uses another HTTP method.
    MethodNotAllowed,
    /// The application id and API key, or the signature of a report, are missing or wrong.
    NotAuthorized,
    /// The body is not the expected JSON.
    BadRequest,
    /// The body is larger than 1 MB.
    TooLarge,
    /// Too many sign-ins with wrong tokens, or too many mails to one owner.
    TooManyTries,
    /// No endpoint has this path.
    NotFound,
    /// The service manager failed.
    Internal,
    /// The table, the secret store or a queue could not be reached.
    StoreUnavailable,
    /// A settings field is missing or invalid.
    SettingInvalid,
    /// The vendor rejected the partner's credentials.
    CredentialsRefused,
    /// The vendor could not be reached or is too busy. Nothing was changed.
    VendorUnavailable,
    /// The vendor did not confirm a change. It may have been made.
    OutcomeUnknown,
    /// Another request holds the lease of the account.
    InProgress,
    /// The vendor has more than one match.
    Ambiguous,
    /// The partner has more organizations than one request can search.
    SearchIncomplete,
    /// The account is not synchronized.
    AccountUnknown,
    /// The account's reseller is not synchronized.
    ResellerUnknown,
    /// This installation has not provisioned the subscription.
    SubscriptionUnknown,
    /// The object at the vendor is linked to another BSS account.
    ExternalIdTaken,
    /// The vendor does not show a recorded object.
    MissingAtVendor,
    /// The account has a live subscription.
    SubscriptionLive,
    /// The partner's plans do not allow the order.
    NoSuitablePlan,
    /// The vendor rejected the request.
    VendorRefused,
    /// The Reseller ID is missing or unknown to the vendor's partner portal.
    ResellerIdInvalid,
    /// The portal session does not exist or has ended.
    SessionInvalid,
    /// The role of the person in the portal does not allow the request.
    RoleTooLow,
    /// A sign-in at the MSP's identity provider is not accepted.
    SignInRefused,
    /// The MSP's identity provider did not answer as expected.
    IdentityProviderUnavailable,
    /// Fields of a portal request are missing or invalid.
    FieldsInvalid,
    /// ConnectWise is not configured, in this deployment or for the MSP.
    ConnectWiseNotConfigured,
    /// ConnectWise rejected the request.
    ConnectWiseRefused,
    /// ConnectWise could not be reached or is too busy. Nothing was changed.
    ConnectWiseUnavailable,
    /// The vendor of this deployment does not support the request.
    NotSupportedByVendor,
    /// The email address is missing or malformed.
    EmailInvalid,
    /// The email address is already in use at the vendor.
    EmailInUse,
    /// The account's name is missing or too long.
    NameInvalid,
    /// The account's name is already in use at the vendor.
    NameInUse,
    /// The country is not an ISO 3166 two-letter code.
    CountryInvalid,
    /// The role is neither User nor Reseller, or does not allow the operation.
    RoleInvalid,
    /// The plan is not available.
    PlanUnknown,
    /// The number of seats is outside the plan's limits.
    SeatsInvalid,
    /// More seats are in use than were ordered.
    SeatsInUse,
    /// The account already has a live subscription.
    SubscriptionExists,
    /// The plan's currency differs from the subscription's currency.
    CurrencyMismatch,
    /// The vendor's retention period for the subscription's data is over.
    RetentionExpired,
    /// The request does not fit the subscription's state.
    StateConflict,
    /// The vendor allows a cancellation or suspension only in the first days of a term.
    OutsideCancellationWindow,
    /// The vendor's plans cannot be downgraded.
    DowngradeRefused,
    /// The plan or another add-on excludes the add-on.
    AddonInvalid,
    /// The request is not available in a trial.
    TrialRefused,
}

impl ErrorCode {
    /// All codes, in the order of the table in `docs/reference/error-codes.md`.
    pub const ALL: [Self; 50] = [
        Self::BadRequest,
        Self::NotAuthorized,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooLarge,
        Self::TooManyTries,
        Self::Internal,
        Self::StoreUnavailable,
        Self::SettingInvalid,
        Self::CredentialsRefused,
        Self::VendorUnavailable,
        Self::OutcomeUnknown,
        Self::InProgress,
        Self::Ambiguous,
        Self::SearchIncomplete,
        Self::AccountUnknown,
        Self::ResellerUnknown,
        Self::SubscriptionUnknown,
        Self::ExternalIdTaken,
        Self::MissingAtVendor,
        Self::SubscriptionLive,
        Self::NoSuitablePlan,
        Self::VendorRefused,
        Self::ResellerIdInvalid,
        Self::SessionInvalid,
        Self::FieldsInvalid,
        Self::ConnectWiseNotConfigured,
        Self::ConnectWiseRefused,
        Self::ConnectWiseUnavailable,
        Self::NotSupportedByVendor,
        Self::RoleTooLow,
        Self::SignInRefused,
        Self::IdentityProviderUnavailable,
        Self::EmailInvalid,
        Self::EmailInUse,
        Self::NameInvalid,
        Self::NameInUse,
        Self::CountryInvalid,
        Self::RoleInvalid,
        Self::PlanUnknown,
        Self::SeatsInvalid,
        Self::SeatsInUse,
        Self::SubscriptionExists,
        Self::CurrencyMismatch,
        Self::RetentionExpired,
        Self::StateConflict,
        Self::OutsideCancellationWindow,
        Self::DowngradeRefused,
        Self::AddonInvalid,
        Self::TrialRefused,
    ];

    /// Returns the number in the envelope.
    pub const fn number(self) -> i32 {
        match self {
            Self::BadRequest => -400,
            Self::NotAuthorized => -401,
            Self::NotFound => -404,
            Self::MethodNotAllowed => -405,
            Self::TooLarge => -413,
            Self::TooManyTries => -429,
            Self::Internal => -500,
            Self::StoreUnavailable => -503,
            Self::SettingInvalid => -1000,
            Self::CredentialsRefused => -1001,
            Self::VendorUnavailable => -1002,
            Self::OutcomeUnknown => -1003,
            Self::InProgress => -1004,
            Self::Ambiguous => -1005,
            Self::SearchIncomplete => -1006,
            Self::AccountUnknown => -1007,
            Self::ResellerUnknown => -1008,
            Self::SubscriptionUnknown => -1009,
            Self::ExternalIdTaken => -1010,
            Self::MissingAtVendor => -1011,
            Self::SubscriptionLive => -1012,
            Self::NoSuitablePlan => -1013,
            Self::VendorRefused => -1014,
            Self::ResellerIdInvalid => -1015,
            Self::SessionInvalid => -1016,
            Self::FieldsInvalid => -1017,
            Self::ConnectWiseNotConfigured => -1018,
            Self::ConnectWiseRefused => -1019,
            Self::ConnectWiseUnavailable => -1020,
            Self::NotSupportedByVendor => -1021,
            Self::RoleTooLow => -1022,
            Self::SignInRefused => -1023,
            Self::IdentityProviderUnavailable => -1024,
            Self::EmailInvalid => -80001,
            Self::EmailInUse => -80002,
            Self::NameInvalid => -80003,
            Self::NameInUse => -80004,
            Self::CountryInvalid => -80005,
            Self::RoleInvalid => -80006,
            Self::PlanUnknown => -80007,
            Self::SeatsInvalid => -80008,
            Self::SeatsInUse => -80009,
            Self::SubscriptionExists => -80010,
            Self::CurrencyMismatch => -80011,
            Self::RetentionExpired => -80012,
            Self::StateConflict => -80013,
            Self::OutsideCancellationWindow => -80014,
            Self::DowngradeRefused => -80015,
            Self::AddonInvalid => -80016,
            Self::TrialRefused => -80017,
        }
    }

    /// Returns the description in `docs/reference/error-codes.md`: what happened, and what to do.
    pub const fn description(self) -> &'static str {
        match self {
            Self::BadRequest => "The body is not the expected JSON. The message names the property.",
            Self::NotAuthorized => {
                "The application id or API key is missing or wrong. Compare both with the registration page; the header `X-CloudPlatform-APIKey` is the base64 of the key. For `actions/report`: the signature is invalid. Sign the request again."
            }
            Self::NotFound => "No endpoint has this path. Compare the URL with the registration table.",
            Self::MethodNotAllowed => "The endpoint uses the other method. The message names it.",
            Self::TooLarge => "The body is larger than 1 MB.",
            Self::TooManyTries => {
                "Too many sign-ins to the portal with wrong tokens, mails to one owner, or audits within the hour. The header `Retry-After` says when to try again, in seconds."
            }
            Self::Internal => "The service manager failed. No data is lost. Search the log for the reference.",
            Self::StoreUnavailable => "The table or the secret store did not answer. Press Retry.",
            Self::SettingInvalid => {
                "A settings field is missing or invalid. The message names it. Correct the integration's settings."
            }
            Self::CredentialsRefused => {
                "The vendor rejected the partner's credentials. Compare them with the vendor's portal."
            }
            Self::VendorUnavailable => {
                "The vendor could not be reached or is too busy. Nothing was changed. Press Retry."
            }
            Self::OutcomeUnknown => {
                "The vendor did not confirm a change. Press Retry: the outcome is looked up before anything is sent again."
            }
            Self::InProgress => "Another call is working on this account. Press Retry in 30 seconds.",
            Self::Ambiguous => {
                "The vendor has more than one match. The message names them. Keep one, or set the external id."
            }
            Self::SearchIncomplete => {
                "The partner has more organizations than one call can search. Press Retry: the search continues from where it stopped."
            }
            Self::AccountUnknown => "The account is not synchronized. Save & Synchronize it, then press Retry.",
            Self::ResellerUnknown => {
                "The account's reseller is not synchronized. Synchronize the reseller first, then the account."
            }
            Self::SubscriptionUnknown => {
                "There is no record of the subscription: it was not provisioned here, or its record was lost."
            }
            Self::ExternalIdTaken => "The object at the vendor is linked to another BSS account. The message names it.",
            Self::MissingAtVendor => {
                "The vendor does not show a recorded object to these credentials. Nothing was changed. The message says what to do."
            }
            Self::SubscriptionLive => {
                "The account, or a customer of the reseller, has a live subscription. Cancel it first."
            }
            Self::NoSuitablePlan => "The partner's plans do not allow the order. The message names the missing plan.",
            Self::VendorRefused => "The vendor rejected the request. The message quotes the vendor.",
            Self::ResellerIdInvalid => {
                "The Reseller ID in the account's Sync Options is missing or unknown to the vendor's partner portal."
            }
            Self::SessionInvalid => "The portal session does not exist or has ended. Sign in again.",
            Self::FieldsInvalid => {
                "Fields of a portal request are missing or invalid. `fields` describes each of them."
            }
            Self::ConnectWiseNotConfigured => {
                "ConnectWise is not configured, either by the MSP in the portal or by the deployment (`CONNECTWISE_CLIENT_ID`)."
            }
            Self::ConnectWiseRefused => "ConnectWise rejected the request. The message says why and what to do.",
            Self::ConnectWiseUnavailable => {
                "ConnectWise could not be reached or is too busy. Nothing was changed. Try again in a few minutes."
            }
            Self::NotSupportedByVendor => "The vendor of this deployment does not support the request.",
            Self::RoleTooLow => {
                "The role of the person who is signed in to the portal does not allow the request. The message names the roles that do."
            }
            Self::SignInRefused => {
                "A person's sign-in at the MSP's identity provider is not accepted. The message says why and what to do."
            }
            Self::IdentityProviderUnavailable => {
                "The MSP's identity provider did not answer as expected. Try again in a few minutes."
            }
            Self::EmailInvalid => "The email address (the username) is missing or malformed.",
            Self::EmailInUse => {
                "The email address is already in use at the vendor. Use another address, or link the existing customer."
            }
            Self::NameInvalid => "The account's name is missing or longer than 100 characters.",
            Self::NameInUse => "The account's name is already in use at the vendor.",
            Self::CountryInvalid => "The country is not an ISO 3166 two-letter code.",
            Self::RoleInvalid => "The role is neither User nor Reseller, or does not allow the operation.",
            Self::PlanUnknown => "The plan is not available.",
            Self::SeatsInvalid => "The number of seats is outside the plan's limits. The message states them.",
            Self::SeatsInUse => "More seats are in use than were ordered. Remove mailboxes first, or order more seats.",
            Self::SubscriptionExists => "The account already has a live subscription. Change it, or cancel it first.",
            Self::CurrencyMismatch => "The plan's currency differs from the subscription's currency.",
            Self::RetentionExpired => {
                "The vendor kept the data for 45 days after the cancellation. The subscription cannot be reactivated; order a new one."
            }
            Self::StateConflict => "The request does not fit the subscription's state. The message explains it.",
            Self::OutsideCancellationWindow => {
                "The vendor allows a cancellation or suspension only in the first days of a term. The message states the date of the next window."
            }
            Self::DowngradeRefused => "The vendor's plans can be upgraded, not downgraded.",
            Self::AddonInvalid => "The add-on does not go with the plan or with another add-on. The message names it.",
            Self::TrialRefused => "Not available in a trial: custom seat counts, add-ons, or plans without a trial.",
        }
    }

    /// Returns `true` if the same request can succeed later without a change by a person.
    pub const fn is_transient(self) -> bool {
        match self {
            Self::TooManyTries
            | Self::Internal
            | Self::StoreUnavailable
            | Self::VendorUnavailable
            | Self::OutcomeUnknown
            | Self::InProgress
            | Self::SearchIncomplete
            | Self::ConnectWiseUnavailable
            | Self::IdentityProviderUnavailable => true,
            Self::BadRequest
            | Self::NotAuthorized
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::TooLarge
            | Self::SettingInvalid
            | Self::CredentialsRefused
            | Self::Ambiguous
            | Self::AccountUnknown
            | Self::ResellerUnknown
            | Self::SubscriptionUnknown
            | Self::ExternalIdTaken
            | Self::MissingAtVendor
            | Self::SubscriptionLive
            | Self::NoSuitablePlan
            | Self::VendorRefused
            | Self::ResellerIdInvalid
            | Self::SessionInvalid
            | Self::RoleTooLow
            | Self::SignInRefused
            | Self::FieldsInvalid
            | Self::ConnectWiseNotConfigured
            | Self::ConnectWiseRefused
            | Self::NotSupportedByVendor
            | Self::EmailInvalid
            | Self::EmailInUse
            | Self::NameInvalid
            | Self::NameInUse
            | Self::CountryInvalid
            | Self::RoleInvalid
            | Self::PlanUnknown
            | Self::SeatsInvalid
            | Self::SeatsInUse
            | Self::SubscriptionExists
            | Self::CurrencyMismatch
            | Self::RetentionExpired
            | Self::StateConflict
            | Self::OutsideCancellationWindow
            | Self::DowngradeRefused
            | Self::AddonInvalid
            | Self::TrialRefused => false,
        }
    }

    /// Returns `true` if the BSS shows the message to the storefront customer.
    pub const fn is_for_customer(self) -> bool {
        matches!(self.number(), -89_999..=-80_000)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_are_unique_and_negative() {
        let numbers: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers.len(), ErrorCode::ALL.len());
        assert!(numbers.iter().all(|number| *number < 0));
    }
}
