//! The required action of an MSP whose ticket ConnectWise refuses to create.

use crate::connectwise::{BoardId, CompanyId, ConnectWiseError, Rejection};
use crate::workers::sync::SyncError;

/// Fields of a new ticket that the settings hold, each with the member of `portal/settings/save`.
const SETTINGS: [(&str, &str); 3] = [("board", "board"), ("status", "newStatus"), ("customFields", "customFields")];

/// Fields of a new ticket that the settings or the company's own fields hold, each with the member of both.
const FIELDS: [(&str, &str); 7] = [
    ("type", "ticketType"),
    ("subType", "subtype"),
    ("item", "item"),
    ("priority", "priority"),
    ("source", "source"),
    ("impact", "impact"),
    ("severity", "urgency"),
];

/// The field that only a company's own fields hold for sure: the settings can ask for the company's main contact, if it has one.
const CONTACT: &str = "contact";

/// Fields of a new ticket that the organization's link holds.
const LINK: [&str; 2] = ["company", "agreement"];

/// Fields of a new ticket that neither the settings nor the link hold.
const CONTENT: [&str; 5] = ["summary", "initialDescription", "recordType", "externalXRef", "processNotifications"];

/// Steps that depend on what a ticket is about.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    /// The choice of another company or agreement.
    pub company: &'static str,
    /// The last step.
    pub last: &'static str,
}

/// The steps for a ticket of a failure.
pub const OF_FAILURE: Steps = Steps {
    company: "Link the organization with another company or agreement at portal/links/create.",
    last: "Then try again at portal/tickets/retry.",
};

/// Returns the error of a ticket that was not created, with what to do if ConnectWise refused its fields.
pub fn sync_error(error: ConnectWiseError, board: BoardId, company: CompanyId, of: Steps) -> SyncError {
    let action = match &error {
        ConnectWiseError::Rejected(rejection) => required_action(rejection, board, company, of),
        _ => None,
    };
    match action {
        Some(action) => SyncError::needs_action(error.user_message(), &action),
        None => error.into(),
    }
}

/// Returns what to do about the fields that ConnectWise refuses or misses. Returns `None` if that does not follow from their
/// names.
fn required_action(rejection: &Rejection, board: BoardId, company: CompanyId, of: Steps) -> Option<String> {
    if rejection.is_transient() {
        return None;
    }
    let (mut settings, mut fields, mut other) = (Vec::new(), Vec::new(), Vec::new());
    let (mut contact, mut link) = (false, false);
    for error in &rejection.field_errors {
        let field = error.field.split(['/', '.', '[']).next().unwrap_or_default();
        let is = |name: &&str| name.eq_ignore_ascii_case(field);
        if let Some((_, member)) = SETTINGS.iter().find(|(name, _)| is(name)) {
            settings.push(*member);
        } else if let Some((_, member)) = FIELDS.iter().find(|(name, _)| is(name)) {
            fields.push(*member);
        } else if is(&CONTACT) {
            contact = true;
        } else if LINK.iter().any(&is) {
            link = true;
        } else if field.is_empty() || CONTENT.iter().any(is) {
            return None;
        } else {
            other.push(field);
        }
    }
    // One sentence if the company has no part in it.
    if !settings.is_empty() {
        settings.append(&mut fields);
    }
    for names in [&mut settings, &mut fields, &mut other] {
        names.sort_unstable();
        names.dedup();
    }
    let mut steps = Vec::new();
    if !settings.is_empty() {
        steps.push(format!(
            "Choose {} at portal/settings/save. portal/settings/options?board={board} lists the values.",
            settings.join(", ")
        ));
    }
    if !fields.is_empty() {
        steps.push(format!(
            "Choose {} at portal/settings/save, or for the company {company} at portal/ticketfields/save. portal/settings/options?board={board} lists the values.",
            fields.join(", ")
        ));
    }
    if contact {
        steps.push(format!(
            "Choose the contact of the company {company} at portal/ticketfields/save; portal/settings/options?company={company} lists them. Or let it be the company's main contact: send contact companyDefault to portal/settings/save."
        ));
    }
    if !other.is_empty() {
        steps.push(format!(
            "The settings have no {}. In ConnectWise, let tickets of the board be created without it or give it a default, or choose another board at portal/settings/save.",
            other.join(", ")
        ));
    }
    if link {
        steps.push(of.company.to_owned());
    }
    if steps.is_empty() {
        return None;
    }
    steps.push(of.last.to_owned());
    Some(steps.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectwise::{FieldError, RejectionReason};

    fn action(fields: &[&str]) -> Option<String> {
        let error = |field: &&str| FieldError {
            reason: RejectionReason::MissingRequiredField,
            message: "It is required.".to_owned(),
            field: (*field).to_owned(),
            sent_by_us: true,
        };
        let rejection = Rejection {
            status: 400,
            reason: RejectionReason::InvalidObject,
            message: "ticket object is invalid".to_owned(),
            field_errors: fields.iter().map(error).collect(),
            request_id: String::new(),
        };
        required_action(&rejection, BoardId::new(2), CompanyId::new(20), OF_FAILURE)
    }

    #[test]
    fn the_settings_of_the_fields_are_named() {
        let text = action(&["type/id", "customFields", "Type"]).unwrap();
        assert_eq!(
            text,
            "Choose customFields, ticketType at portal/settings/save. portal/settings/options?board=2 lists the values. Then try again at portal/tickets/retry."
        );
    }

    #[test]
    fn a_field_of_settings_and_company_names_both_and_a_contact_the_company() {
        let text = action(&["subType/id", "severity"]).unwrap();
        let expected =
            "Choose subtype, urgency at portal/settings/save, or for the company 20 at portal/ticketfields/save.";
        assert!(text.starts_with(expected), "{text}");
        let text = action(&["contact"]).unwrap();
        assert!(text.starts_with("Choose the contact of the company 20 at portal/ticketfields/save"), "{text}");
    }

    #[test]
    fn a_field_without_a_setting_is_not_called_one() {
        let text = action(&["team"]).unwrap();
        assert!(text.starts_with("The settings have no team. In ConnectWise"), "{text}");
        assert!(action(&["company/id"]).unwrap().starts_with("Link the organization"));
        for unknown in [&["summary"][..], &[""], &[], &["type", "summary"]] {
            assert_eq!(action(unknown), None, "{unknown:?}");
        }
    }
}
