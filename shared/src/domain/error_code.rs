//! Every code that an answer can carry. The README's table is made from this list.
//!
//! The BSS shows the Message of -80000 … -89999 to the storefront customer; of any other negative code, to its own
//! staff only (`reference/bss.md`, "Envelopes").

/// Why a call was refused or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The method is not the endpoint's.
    MethodNotAllowed,
    /// No application id and key, or wrong ones.
    NotAuthorized,
    /// The body is not the expected JSON.
    BadRequest,
    /// The body is over 1 MB.
    TooLarge,
    /// No endpoint has this path.
    NotFound,
    /// A defect in the service manager.
    Internal,
    /// The table or the secret store could not be reached.
    StoreUnavailable,
    /// A settings field is missing or unusable.
    SettingInvalid,
    /// The vendor refused the partner's credentials.
    CredentialsRefused,
    /// The vendor could not be reached, or is too busy; nothing was changed.
    VendorUnavailable,
    /// The vendor did not answer a change; it may have been made.
    OutcomeUnknown,
    /// Another call is at work on the same account.
    InProgress,
    /// More than one candidate at the vendor.
    Ambiguous,
    /// A search through the partner's organizations that one call cannot finish.
    SearchIncomplete,
    /// The account was never synchronized.
    AccountUnknown,
    /// The account's reseller was never synchronized.
    ResellerUnknown,
    /// The subscription was never provisioned.
    SubscriptionUnknown,
    /// The external id belongs to another account.
    ExternalIdTaken,
    /// What the record names is not at the vendor any more.
    MissingAtVendor,
    /// The account has a live subscription.
    SubscriptionLive,
    /// The partner's plans do not allow what is wished.
    NoSuitablePlan,
    /// The vendor refused for a reason of its own.
    VendorRefused,
    /// The reseller's id in the vendor's partner portal is missing or unknown there.
    ResellerIdInvalid,
    /// No session of the portal, or one that has ended.
    SessionInvalid,
    /// Fields of a portal request that are missing or wrong.
    FieldsInvalid,
    /// ConnectWise is not set up, in this deployment or for the MSP.
    ConnectWiseNotConfigured,
    /// ConnectWise refused.
    ConnectWiseRefused,
    /// ConnectWise could not be reached, or is too busy; nothing was changed.
    ConnectWiseUnavailable,
    /// The vendor of this deployment does not have what is asked for.
    NotSupportedByVendor,
    /// The email address is missing or malformed.
    EmailInvalid,
    /// The email address belongs to somebody else at the vendor.
    EmailInUse,
    /// The account's name is missing or too long.
    NameInvalid,
    /// The name belongs to somebody else at the vendor.
    NameInUse,
    /// The country is not an ISO 3166 code.
    CountryInvalid,
    /// The role is neither User nor Reseller.
    RoleInvalid,
    /// No plan has this id.
    PlanUnknown,
    /// The number of seats is not one that can be sold.
    SeatsInvalid,
    /// Fewer seats than are in use.
    SeatsInUse,
    /// A second live subscription for one account.
    SubscriptionExists,
    /// A plan in another currency than the subscription's.
    CurrencyMismatch,
    /// The subscription's data is beyond the vendor's retention.
    RetentionExpired,
    /// What is asked does not fit the subscription's state.
    StateConflict,
    /// The days in which the vendor lets a subscription be ended are over.
    OutsideCancellationWindow,
    /// A lesser plan than the subscription has.
    DowngradeRefused,
    /// An add-on that the plan or another add-on does not allow.
    AddonInvalid,
    /// What a trial can't have.
    TrialRefused,
}

impl ErrorCode {
    /// All codes, in the order of the README's table.
    pub const ALL: [Self; 46] = [
        Self::BadRequest,
        Self::NotAuthorized,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooLarge,
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

    /// The number in the envelope.
    pub const fn number(self) -> i32 {
        match self {
            Self::BadRequest => -400,
            Self::NotAuthorized => -401,
            Self::NotFound => -404,
            Self::MethodNotAllowed => -405,
            Self::TooLarge => -413,
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

    /// What happened and what to do, for the README's table.
    pub const fn description(self) -> &'static str {
        match self {
            Self::BadRequest => "The body is not the expected JSON; the Message names the property.",
            Self::NotAuthorized => {
                "The application id or API key is missing or wrong: compare them with the registration page. Of a report, the signature is: sign it anew."
            }
            Self::NotFound => "No endpoint has this path: compare the URL with the registration table.",
            Self::MethodNotAllowed => "The endpoint takes the other method; the Message names it.",
            Self::TooLarge => "The body is over 1 MB.",
            Self::Internal => "A defect of ours. Nothing is lost; look the request id up in the log.",
            Self::StoreUnavailable => "The table or the secret store did not answer. Press Retry.",
            Self::SettingInvalid => {
                "A settings field is missing or unusable; the Message names it. Mend the integration's settings."
            }
            Self::CredentialsRefused => {
                "The vendor refused the partner's credentials. Compare them with the vendor's portal."
            }
            Self::VendorUnavailable => {
                "The vendor could not be reached or is too busy; nothing was changed. Press Retry."
            }
            Self::OutcomeUnknown => {
                "The vendor did not answer a change. Press Retry: we look what became of it before anything is sent again."
            }
            Self::InProgress => "Another call is at work on this account. Press Retry in half a minute.",
            Self::Ambiguous => {
                "More than one candidate at the vendor; the Message names them. Keep one, or set the external id."
            }
            Self::SearchIncomplete => {
                "The partner has more organizations than one call may look through. Press Retry: the search goes on where it stopped."
            }
            Self::AccountUnknown => "The account is not synchronized. Save & Synchronize it, then Retry.",
            Self::ResellerUnknown => {
                "The account's reseller is not synchronized. Synchronize the reseller first, then the account."
            }
            Self::SubscriptionUnknown => "No such subscription was provisioned by this installation.",
            Self::ExternalIdTaken => {
                "What was found at the vendor is linked to another BSS account; the Message names it."
            }
            Self::MissingAtVendor => "What is on record is not at the vendor any more; the Message says what to do.",
            Self::SubscriptionLive => "The account has a live subscription. Cancel it first.",
            Self::NoSuitablePlan => "The partner's plans do not allow it; the Message says which plan is missing.",
            Self::VendorRefused => "The vendor refused for a reason of its own; the Message tells it.",
            Self::ResellerIdInvalid => {
                "The Reseller ID of the account's Sync Options is missing, or the vendor's partner portal does not know it."
            }
            Self::SessionInvalid => "There is no such session of the portal, or it has ended. Sign in anew.",
            Self::FieldsInvalid => {
                "Fields of a portal request are missing or wrong; `fields` says of each what to mend."
            }
            Self::ConnectWiseNotConfigured => {
                "ConnectWise is not set up: by the MSP in the portal, or by the deployment (`CONNECTWISE_CLIENT_ID`)."
            }
            Self::ConnectWiseRefused => "ConnectWise refused; the Message tells why and what to do.",
            Self::ConnectWiseUnavailable => {
                "ConnectWise could not be reached or is too busy; nothing was changed. Try again in a few minutes."
            }
            Self::NotSupportedByVendor => "The vendor that this deployment sells does not have what is asked for.",
            Self::EmailInvalid => "The email address (the username) is missing or malformed.",
            Self::EmailInUse => {
                "The email address is taken at the vendor. Use another one, or link the existing customer."
            }
            Self::NameInvalid => "The account's name is missing or over 100 characters.",
            Self::NameInUse => "The account's name is taken at the vendor.",
            Self::CountryInvalid => "The country is not an ISO 3166 two-letter code.",
            Self::RoleInvalid => "The role is neither User nor Reseller, or not one that can do this.",
            Self::PlanUnknown => "The partner has no such plan (any more).",
            Self::SeatsInvalid => {
                "The number of seats is not one that is sold: 1 to 100,000, or from the plan's own minimum; the Message tells it."
            }
            Self::SeatsInUse => "More seats are in use than are wished. Free some first, or order more.",
            Self::SubscriptionExists => "The account has a live subscription already. Change it, or cancel it first.",
            Self::CurrencyMismatch => "The plan's currency is not the subscription's.",
            Self::RetentionExpired => {
                "The vendor kept the data 45 days after cancelling; it can't be reactivated. Order anew."
            }
            Self::StateConflict => "What is asked does not fit the subscription's state; the Message tells it.",
            Self::OutsideCancellationWindow => {
                "The vendor lets a subscription be cancelled or suspended in the first days of a term only; the Message tells when the next one begins."
            }
            Self::DowngradeRefused => "The vendor's plans can be upgraded, not downgraded.",
            Self::AddonInvalid => {
                "The add-on does not go with the plan or with another add-on; the Message tells which."
            }
            Self::TrialRefused => {
                "A trial can't have it: a number of seats of one's own, add-ons, or a plan that is not tried."
            }
        }
    }

    /// Whether the storefront customer is shown the Message.
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
