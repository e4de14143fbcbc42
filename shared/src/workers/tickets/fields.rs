//! The fields of a company's new ticket: the MSP's settings, and in their place those of the company.

use crate::connectwise::api::company;
use crate::connectwise::api::ticket_field::TicketFields;
use crate::connectwise::{Client, CompanyId, ConnectWiseError, ContactId};
use crate::store::{CompanyTicketFields, TicketContact, TicketMapping};

/// Returns the fields of a ticket. Type, subtype and item go together, so a company's type replaces all three; those of another
/// board do not apply.
pub fn of_ticket(mapping: &TicketMapping, company: Option<&CompanyTicketFields>) -> TicketFields {
    let settings = mapping.fields.clone();
    let Some(company) = company else { return settings };
    let own = company.fields.clone();
    let class = if own.ticket_type.is_some() && company.board == mapping.board { &own } else { &settings };
    TicketFields {
        ticket_type: class.ticket_type,
        subtype: class.subtype,
        item: class.item,
        priority: own.priority.or(settings.priority),
        source: own.source.or(settings.source),
        impact: own.impact.or(settings.impact),
        urgency: own.urgency.or(settings.urgency),
    }
}

/// The contact of a company's ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// The one that was chosen for the company.
    Chosen(ContactId),
    /// The company's main contact, for which the settings ask.
    Main(ContactId),
}

impl Contact {
    /// Returns the contact's id.
    pub fn id(self) -> ContactId {
        match self {
            Self::Chosen(id) | Self::Main(id) => id,
        }
    }
}

/// Returns the contact of a company's ticket: the one that was chosen for the company, or its main contact if the settings ask
/// for that. `None` if ConnectWise does not find the company, which the ticket itself then shows.
///
/// # Errors
/// The errors of ConnectWise.
pub async fn contact(
    client: &Client<'_>,
    mapping: &TicketMapping,
    own: Option<&CompanyTicketFields>,
    company: CompanyId,
) -> Result<Option<Contact>, ConnectWiseError> {
    if let Some(contact) = own.and_then(|own| own.contact) {
        return Ok(Some(Contact::Chosen(contact)));
    }
    match mapping.contact {
        None => Ok(None),
        Some(TicketContact::CompanyDefault) => {
            let company = client.send_optional(&company::get(company)).await?;
            Ok(company.and_then(|company| company.default_contact).map(|contact| Contact::Main(contact.id)))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn fields(settings: &Value, own: Option<(u32, Value)>) -> Value {
        let mut mapping = json!({ "board": 1, "newStatus": 11, "closedStatus": 13, "cancelledStatus": 14 });
        mapping.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let mapping: TicketMapping = serde_json::from_value(mapping).unwrap();
        let own = own.map(|(board, fields)| {
            let record = json!({
                "company": 20, "board": board, "fields": fields, "updated_at": "2026-11-28T12:00:00Z"
            });
            serde_json::from_value::<CompanyTicketFields>(record).unwrap()
        });
        serde_json::to_value(of_ticket(&mapping, own.as_ref())).unwrap()
    }

    #[test]
    fn a_companys_fields_replace_those_of_the_settings() {
        let settings = json!({ "ticketType": 11, "subtype": 11, "item": 12, "source": 3, "impact": "low" });
        assert_eq!(fields(&settings, None), settings);
        let other = json!({ "source": 2, "urgency": "high" });
        assert_eq!(
            fields(&settings, Some((1, other))),
            json!({ "ticketType": 11, "subtype": 11, "item": 12, "source": 2, "impact": "low", "urgency": "high" })
        );
        let class = json!({ "ticketType": 12, "subtype": 12 });
        assert_eq!(
            fields(&settings, Some((1, class.clone()))),
            json!({ "ticketType": 12, "subtype": 12, "source": 3, "impact": "low" }),
            "the item of the settings does not go with the company's type"
        );
        assert_eq!(fields(&settings, Some((2, class))), settings, "of another board");
    }
}
