//! The response envelopes of the BSS endpoints that change something: a code, a message and an id, with HTTP 200.
//!
//! The model library has three types that share their first members. Some installations spell two of these members
//! differently, so both spellings are sent.

use serde::Serialize;

use super::TextMap;

/// Response of `accounts/exists` and `accounts/delete`, and every error of a BSS endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct ResultDefinition {
    /// The result code. 0 is success; a negative code is an error. The BSS shows the message of -80000 to -89999 to the
    /// customer. `accounts/exists` also returns 1 (the account exists) and 2 (it exists but cannot be used).
    pub code: i32,
    /// The error and the required action. On success, what the operator should know of the subscription, mostly nothing. It
    /// never contains a secret.
    pub message: String,
    /// The external id; empty if there is none.
    pub result: String,
    /// `Code` in its other spelling.
    error_code: i32,
    /// `Message` in its other spelling.
    error_message: String,
}

/// Response of `accounts/synchronize`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct AccountResultDefinition {
    #[serde(flatten)]
    result: ResultDefinition,
    /// Pairs that the BSS sends back as `ExtraDetails`. Each pair is a merge field of the welcome email.
    account_extra_info: TextMap,
    /// Always null, because the service manager generates no passwords.
    generated_password: (),
    /// `true` to request the welcome email from the BSS.
    send_notification: bool,
}

/// Response for subscriptions and add-ons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct ServiceResultDefinition {
    #[serde(flatten)]
    result: ResultDefinition,
    /// Pairs that the BSS sends back as `ExtraDetails`. Each pair is a merge field of the welcome email.
    account_extra_info: TextMap,
    /// The subscription's custom fields in the BSS: always empty.
    custom_field_values: TextMap,
    /// `true` to request the welcome email from the BSS.
    send_notification: bool,
    /// Always null, because its type is not public.
    extra_info: (),
}

/// One of the three types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ResultEnvelope {
    /// The shared members alone.
    Result(ResultDefinition),
    /// The result of an account.
    Account(AccountResultDefinition),
    /// The result of a subscription or an add-on.
    Service(ServiceResultDefinition),
}

impl ResultDefinition {
    fn new(code: i32, message: impl Into<String>, result: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, result: result.into(), error_code: code, error_message: message.clone(), message }
    }
}

impl ResultEnvelope {
    /// Returns a `ResultDefinition`, for `accounts/exists` and `accounts/delete`.
    pub fn result(code: i32, message: impl Into<String>, result: impl Into<String>) -> Self {
        Self::Result(ResultDefinition::new(code, message, result))
    }

    /// Returns a successful `AccountResultDefinition`, for `accounts/synchronize`.
    pub fn account(id: impl Into<String>, account_extra_info: TextMap, send_notification: bool) -> Self {
        Self::Account(AccountResultDefinition {
            result: ResultDefinition::new(0, "", id),
            account_extra_info,
            generated_password: (),
            send_notification,
        })
    }

    /// Returns a successful `ServiceResultDefinition`, for subscriptions and add-ons. Its custom fields are empty, and it
    /// requests no welcome email.
    pub fn service(id: impl Into<String>, message: impl Into<String>, account_extra_info: TextMap) -> Self {
        Self::Service(ServiceResultDefinition {
            result: ResultDefinition::new(0, message, id),
            account_extra_info,
            custom_field_values: TextMap::new(),
            send_notification: false,
            extra_info: (),
        })
    }

    /// Returns an error of any endpoint: the members common to all types, with an empty `Result`.
    pub fn error(code: i32, message: impl Into<String>) -> Self {
        Self::result(code, message, "")
    }

    /// Returns the result code.
    pub fn code(&self) -> i32 {
        match self {
            Self::Result(result)
            | Self::Account(AccountResultDefinition { result, .. })
            | Self::Service(ServiceResultDefinition { result, .. }) => result.code,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;

    fn extra_info() -> TextMap {
        TextMap::from([("customer_location".to_owned(), "us".to_owned())])
    }

    #[test]
    fn a_result_has_the_shared_members_in_both_spellings() {
        let wire = to_value(ResultEnvelope::result(2, "It is suspended.", "customer_3932")).unwrap();
        let expected = json!({
            "Code": 2, "Message": "It is suspended.", "Result": "customer_3932",
            "ErrorCode": 2, "ErrorMessage": "It is suspended.",
        });
        assert_eq!(wire, expected);
    }

    #[test]
    fn an_account_result_has_its_own_members() {
        let wire = to_value(ResultEnvelope::account("customer_3932", extra_info(), true)).unwrap();
        let expected = json!({
            "Code": 0, "Message": "", "Result": "customer_3932", "ErrorCode": 0, "ErrorMessage": "",
            "AccountExtraInfo": {"customer_location": "us"}, "GeneratedPassword": null, "SendNotification": true,
        });
        assert_eq!(wire, expected);
    }

    #[test]
    fn a_service_result_has_its_own_members() {
        let wire = to_value(ResultEnvelope::service("s-1:storage", "", TextMap::new())).unwrap();
        let expected = json!({
            "Code": 0, "Message": "", "Result": "s-1:storage", "ErrorCode": 0, "ErrorMessage": "",
            "AccountExtraInfo": {}, "CustomFieldValues": {}, "SendNotification": false, "ExtraInfo": null,
        });
        assert_eq!(wire, expected);
    }

    #[test]
    fn an_error_has_an_empty_result() {
        let wire = to_value(ResultEnvelope::error(-80001, "Fill in the email.")).unwrap();
        let expected = json!({
            "Code": -80001, "Message": "Fill in the email.", "Result": "",
            "ErrorCode": -80001, "ErrorMessage": "Fill in the email.",
        });
        assert_eq!(wire, expected);
    }
}
