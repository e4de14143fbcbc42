//! Messages for the MSP about a failed request. The portal shows them on the settings page and with a synchronization.

use crate::connectwise::{ConnectWiseError, FieldError, Rejection, RejectionReason};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::http_client::Effect;

/// The known outcome of a change without ConnectWise's answer.
const CHANGE_UNCONFIRMED: &str = "ConnectWise did not confirm the change, so it may or may not have been made. The next attempt looks up the outcome before anything is sent again.";

impl ConnectWiseError {
    /// Returns the message for a person. It contains no secret.
    pub fn user_message(&self) -> String {
        match self {
            Self::NotSent { .. } => {
                "ConnectWise could not be reached. Nothing was changed. Try again in a few minutes.".to_owned()
            }
            Self::OutcomeUnknown { .. } => {
                CHANGE_UNCONFIRMED.to_owned()
            }
            Self::RateLimited { .. } => {
                "ConnectWise accepts no more requests at the moment. Nothing was changed. Try again in a few minutes.".to_owned()
            }
            Self::Intercepted { status, message, effect } => {
                let effect = match effect {
                    Effect::Read => "Nothing was changed.",
                    Effect::Write => CHANGE_UNCONFIRMED,
                };
                format!(
                    "Something between this service and ConnectWise, such as a firewall, answered instead of ConnectWise (status {status}: {message}). {effect} Try again in a few minutes. If it happens again, compare the Site URL, the Company Identifier and the keys with those of your own sign-in, and let the firewall admit this service."
                )
            }
            Self::UnknownCompany { company } => format!(
                "The ConnectWise site has no company {company}. Enter the Company Identifier with which you sign in, and check the Site URL."
            ),
            Self::SiteMismatch { .. } => {
                "The ConnectWise site does not lead to the company. Compare the Site URL and the Company Identifier with those of your own sign-in.".to_owned()
            }
            Self::Unauthorized { .. } => {
                "ConnectWise rejected the keys. Compare the Site URL, the Company Identifier and both keys with System > Members > API Members. If in doubt, create new keys.".to_owned()
            }
            Self::Forbidden { permissions: [], message } => {
                format!("ConnectWise does not allow the integration to do this: {message}")
            }
            Self::Forbidden { permissions, .. } => {
                let permissions: Vec<String> = permissions.iter().map(ToString::to_string).collect();
                format!(
                    "The API member lacks a right. In System > Security Roles, give its role at the level All: {}.",
                    permissions.join("; ")
                )
            }
            Self::NotFound { message } => {
                format!("The record no longer exists in ConnectWise ({message}). If it was deleted, choose another one.")
            }
            Self::Rejected(rejection) => rejection_message(rejection),
            Self::InvalidResponse { .. } => {
                "ConnectWise sent an unexpected response. If it happens again, contact your distributor.".to_owned()
            }
            Self::Ambiguous { label, ids } => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                format!(
                    "{label} exists in ConnectWise more than once (records {}). Keep the right one, and delete or rename the others.",
                    ids.join(" and ")
                )
            }
        }
    }
}

fn rejection_message(rejection: &Rejection) -> String {
    if rejection.field_errors.is_empty() {
        return format!("ConnectWise rejected the request: {}", rejection.message);
    }
    rejection.field_errors.iter().map(field_error_message).collect::<Vec<_>>().join(" ")
}

fn field_error_message(FieldError { reason, message, field, sent_by_us }: &FieldError) -> String {
    if field.is_empty() {
        return if *sent_by_us {
            format!("ConnectWise rejected the request: {message}")
        } else {
            format!(
                "ConnectWise rejected the change and names no field: {message} If the record is invalid in ConnectWise, correct it there, then try again."
            )
        };
    }
    if !sent_by_us {
        return format!("The record in ConnectWise is invalid: {field} ({message}). Correct it there, then try again.");
    }
    match reason {
        RejectionReason::MissingRequiredField => format!("ConnectWise requires {field}: {message}"),
        RejectionReason::MaxLengthField => format!("{field} is too long for ConnectWise: {message}"),
        RejectionReason::ObjectExists => format!("It already exists in ConnectWise: {message}"),
        RejectionReason::NotFound => format!(
            "{field} refers to a record that does not exist in ConnectWise, or that does not belong there: {message}. Choose another one."
        ),
        RejectionReason::InvalidObject
        | RejectionReason::OutOfRange
        | RejectionReason::ApiFindCondition
        | RejectionReason::Security
        | RejectionReason::Other(_) => {
            format!("ConnectWise rejected {field}: {message}")
        }
    }
}

impl From<ConnectWiseError> for ServiceError {
    fn from(error: ConnectWiseError) -> Self {
        let code = match &error {
            ConnectWiseError::NotSent { .. }
            | ConnectWiseError::RateLimited { .. }
            | ConnectWiseError::Intercepted { effect: Effect::Read, .. }
            | ConnectWiseError::InvalidResponse { .. } => ErrorCode::ConnectWiseUnavailable,
            ConnectWiseError::OutcomeUnknown { .. } | ConnectWiseError::Intercepted { effect: Effect::Write, .. } => {
                ErrorCode::OutcomeUnknown
            }
            ConnectWiseError::Ambiguous { .. } => ErrorCode::Ambiguous,
            ConnectWiseError::UnknownCompany { .. }
            | ConnectWiseError::SiteMismatch { .. }
            | ConnectWiseError::Unauthorized { .. }
            | ConnectWiseError::Forbidden { .. }
            | ConnectWiseError::NotFound { .. }
            | ConnectWiseError::Rejected(_) => ErrorCode::ConnectWiseRefused,
        };
        Self::new(code, error.user_message()).with_internal(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectwise::Permission;

    fn message(reason: RejectionReason, sent_by_us: bool) -> String {
        message_of("f", reason, sent_by_us)
    }

    fn message_of(field: &str, reason: RejectionReason, sent_by_us: bool) -> String {
        let error = FieldError { reason, message: "M.".to_owned(), field: field.to_owned(), sent_by_us };
        let (reason, message, request_id) = (RejectionReason::InvalidObject, "invalid".to_owned(), String::new());
        ConnectWiseError::Rejected(Rejection { status: 400, reason, message, field_errors: vec![error], request_id })
            .user_message()
    }

    #[test]
    fn messages_state_the_next_step() {
        assert_eq!(
            message(RejectionReason::OutOfRange, false),
            "The record in ConnectWise is invalid: f (M.). Correct it there, then try again."
        );
        assert_eq!(message(RejectionReason::OutOfRange, true), "ConnectWise rejected f: M.");
        assert_eq!(
            message_of("", RejectionReason::OutOfRange, false),
            "ConnectWise rejected the change and names no field: M. If the record is invalid in ConnectWise, correct it there, then try again."
        );
        assert_eq!(message_of("", RejectionReason::NotFound, true), "ConnectWise rejected the request: M.");
        assert_eq!(message(RejectionReason::MissingRequiredField, true), "ConnectWise requires f: M.");
        assert!(message(RejectionReason::NotFound, true).ends_with("Choose another one."));
        let forbidden = ConnectWiseError::Forbidden { permissions: &[Permission::Agreements], message: String::new() };
        assert!(forbidden.user_message().ends_with("at the level All: Finance > Agreements (Add, Edit, Inquire)."));
        let ambiguous = ConnectWiseError::Ambiguous { label: "Catalog item euwest.7".to_owned(), ids: vec![7, 9] };
        assert!(
            ambiguous
                .user_message()
                .starts_with("Catalog item euwest.7 exists in ConnectWise more than once (records 7 and 9).")
        );
    }
}
