//! A failed call in the words of whoever can mend it: the MSP, on the settings page or in the log of the synchronization.

use crate::connectwise::{ConnectWiseError, Fault, Reason, Refusal};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;

impl ConnectWiseError {
    /// What to tell a person. It holds no secret.
    pub fn explain(&self) -> String {
        match self {
            Self::Unreached { .. } => {
                "ConnectWise could not be reached; nothing was changed there. Try again in a few minutes.".to_owned()
            }
            Self::Unknown { .. } => {
                "ConnectWise did not answer in time, and may or may not have made the change. It is looked up before the next try.".to_owned()
            }
            Self::Busy { .. } => {
                "ConnectWise takes no more requests at the moment; nothing was changed. Try again in a few minutes.".to_owned()
            }
            Self::UnknownCompany { company } => format!(
                "The ConnectWise site knows no company {company}. Enter the Company Identifier with which you sign in, and compare the Site URL."
            ),
            Self::Unroutable { .. } => {
                "The ConnectWise site does not lead to the company. Compare the Site URL and the Company Identifier with what you sign in with.".to_owned()
            }
            Self::Credentials { .. } => {
                "ConnectWise refused the keys. Compare the Site URL, the Company Identifier and both keys with System > Members > API Members; make a new pair of keys if in doubt.".to_owned()
            }
            Self::NotPermitted { rights: [], message } => {
                format!("ConnectWise does not let the integration do this: {message}")
            }
            Self::NotPermitted { rights, .. } => {
                let rights: Vec<String> = rights.iter().map(ToString::to_string).collect();
                format!(
                    "The API member lacks a right. Give its role, in System > Security Roles, at the level All: {}.",
                    rights.join("; ")
                )
            }
            Self::Absent { message } => {
                format!("ConnectWise does not have it any more ({message}). If it was deleted there, choose another one.")
            }
            Self::Refused(refusal) => of_refusal(refusal),
            Self::Unreadable { .. } => {
                "ConnectWise answered something unexpected. If it happens again, report it to the service manager's operator.".to_owned()
            }
            Self::Ambiguous { what, ids } => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                format!(
                    "{what} is in ConnectWise more than once (records {}). Keep the right one and delete, or rename, the others.",
                    ids.join(" and ")
                )
            }
        }
    }
}

fn of_refusal(refusal: &Refusal) -> String {
    if refusal.faults.is_empty() {
        return format!("ConnectWise refused: {}", refusal.message);
    }
    refusal.faults.iter().map(of_fault).collect::<Vec<_>>().join(" ")
}

fn of_fault(Fault { reason, message, field, ours }: &Fault) -> String {
    if !ours {
        return format!("The record in ConnectWise is invalid: {field} ({message}). Mend it there, then try again.");
    }
    match reason {
        Reason::MissingRequiredField => format!("ConnectWise wants {field} filled in: {message}"),
        Reason::MaxLengthField => format!("{field} is too long for ConnectWise: {message}"),
        Reason::ObjectExists => format!("It is in ConnectWise already: {message}"),
        Reason::NotFound => format!(
            "ConnectWise lacks what {field} is set to, or it does not belong there: {message}. Choose it anew in the settings."
        ),
        Reason::InvalidObject | Reason::OutOfRange | Reason::ApiFindCondition | Reason::Security | Reason::Other(_) => {
            format!("ConnectWise refused {field}: {message}")
        }
    }
}

impl From<ConnectWiseError> for ServiceError {
    fn from(error: ConnectWiseError) -> Self {
        let code = match &error {
            ConnectWiseError::Unreached { .. }
            | ConnectWiseError::Busy { .. }
            | ConnectWiseError::Unreadable { .. } => ErrorCode::ConnectWiseUnavailable,
            ConnectWiseError::Unknown { .. } => ErrorCode::OutcomeUnknown,
            ConnectWiseError::Ambiguous { .. } => ErrorCode::Ambiguous,
            ConnectWiseError::UnknownCompany { .. }
            | ConnectWiseError::Unroutable { .. }
            | ConnectWiseError::Credentials { .. }
            | ConnectWiseError::NotPermitted { .. }
            | ConnectWiseError::Absent { .. }
            | ConnectWiseError::Refused(_) => ErrorCode::ConnectWiseRefused,
        };
        Self::new(code, error.explain()).with_internal(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectwise::Right;

    fn refused(reason: Reason, ours: bool) -> String {
        let fault = Fault { reason, message: "M.".to_owned(), field: "f".to_owned(), ours };
        let (reason, message, request_id) = (Reason::InvalidObject, "invalid".to_owned(), String::new());
        ConnectWiseError::Refused(Refusal { status: 400, reason, message, faults: vec![fault], request_id }).explain()
    }

    #[test]
    fn whoever_can_mend_it_is_told_how() {
        assert_eq!(
            refused(Reason::OutOfRange, false),
            "The record in ConnectWise is invalid: f (M.). Mend it there, then try again."
        );
        assert_eq!(refused(Reason::OutOfRange, true), "ConnectWise refused f: M.");
        assert_eq!(refused(Reason::MissingRequiredField, true), "ConnectWise wants f filled in: M.");
        assert!(refused(Reason::NotFound, true).ends_with("Choose it anew in the settings."));
        let lacking = ConnectWiseError::NotPermitted { rights: &[Right::Agreements], message: String::new() };
        assert!(lacking.explain().ends_with("at the level All: Finance > Agreements (Add, Edit, Inquire)."));
        let twice = ConnectWiseError::Ambiguous { what: "Catalog item euwest.7".to_owned(), ids: vec![7, 9] };
        assert!(
            twice.explain().starts_with("Catalog item euwest.7 is in ConnectWise more than once (records 7 and 9).")
        );
    }
}
