//! The response envelope of every BSS endpoint that changes something: a code, a message and an id, with HTTP 200.
//!
//! The model library has three types that share their first members. Some installations spell two of these members
//! differently. One type represents all of them: it sends both spellings, and the constructor determines the other
//! members.

use serde::{Serialize, Serializer};

use super::TextMap;

/// A `ResultDefinition`, `AccountResultDefinition` or `ServiceResultDefinition`, depending on the constructor. A member
/// that is `None` is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultEnvelope {
    /// The result code. 0 is success; a negative code is an error. The BSS shows the message of -80000 to -89999 to the
    /// customer. `accounts/exists` also returns 1 (the account exists) and 2 (it exists but cannot be used).
    pub code: i32,
    /// The error and the required action; empty on success. It never contains a secret.
    pub message: String,
    /// The external id; empty if there is none.
    pub result: String,
    /// Pairs that the BSS sends back as `ExtraDetails`. Each pair is a merge field of the welcome email.
    pub account_extra_info: Option<TextMap>,
    /// The subscription's custom fields in the BSS.
    pub custom_field_values: Option<TextMap>,
    /// `true` to request the welcome email from the BSS.
    pub send_notification: Option<bool>,
    /// Always null, because the service manager generates no passwords.
    generated_password: Option<()>,
    /// Always null, because its type is not public.
    extra_info: Option<()>,
}

impl ResultEnvelope {
    /// Returns a `ResultDefinition`, for `accounts/exists` and `accounts/delete`.
    pub fn result(code: i32, message: impl Into<String>, result: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            result: result.into(),
            account_extra_info: None,
            custom_field_values: None,
            send_notification: None,
            generated_password: None,
            extra_info: None,
        }
    }

    /// Returns a successful `AccountResultDefinition`, for `accounts/synchronize`.
    pub fn account(id: impl Into<String>, extra_info: TextMap, send_notification: bool) -> Self {
        Self {
            account_extra_info: Some(extra_info),
            send_notification: Some(send_notification),
            generated_password: Some(()),
            ..Self::result(0, "", id)
        }
    }

    /// Returns a successful `ServiceResultDefinition`, for subscriptions and add-ons. Its custom fields are empty.
    pub fn service(id: impl Into<String>, account_extra_info: TextMap, send_notification: bool) -> Self {
        Self {
            account_extra_info: Some(account_extra_info),
            custom_field_values: Some(TextMap::new()),
            send_notification: Some(send_notification),
            extra_info: Some(()),
            ..Self::result(0, "", id)
        }
    }

    /// Returns an error of any endpoint: the members common to all types, with an empty `Result`.
    pub fn error(code: i32, message: impl Into<String>) -> Self {
        Self::result(code, message, "")
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Wire<'a> {
    code: i32,
    message: &'a str,
    result: &'a str,
    error_code: i32,
    error_message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_extra_info: &'a Option<TextMap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generated_password: Option<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field_values: &'a Option<TextMap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    send_notification: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_info: Option<()>,
}

impl Serialize for ResultEnvelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire {
            code: self.code,
            message: &self.message,
            result: &self.result,
            error_code: self.code,
            error_message: &self.message,
            account_extra_info: &self.account_extra_info,
            generated_password: self.generated_password,
            custom_field_values: &self.custom_field_values,
            send_notification: self.send_notification,
            extra_info: self.extra_info,
        }
        .serialize(serializer)
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
        let wire = to_value(ResultEnvelope::service("s-1:storage", TextMap::new(), false)).unwrap();
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
