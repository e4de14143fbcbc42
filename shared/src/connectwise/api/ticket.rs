//! Service tickets, and their configurations.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::connectwise::api::ticket_field::{CustomFieldValue, Level, TicketFields};
use crate::connectwise::id::reference;
use crate::connectwise::patch::Patch;
use crate::connectwise::query::Condition;
use crate::connectwise::text::{eq_normalized, truncate};
use crate::connectwise::{
    AgreementId, BoardId, CompanyId, ConfigurationId, ContactId, Entity, FindOrCreate, ListRequest, Lookup, Reference,
    SingleRequest, StatusId, TicketId,
};

const PATH: &str = "/service/tickets";
const MAX_SUMMARY: usize = 100;

/// A ticket. People may move it to another board, close, merge or delete it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// The ticket's id.
    pub id: TicketId,
    /// The summary.
    #[serde(default)]
    pub summary: String,
    /// The board. The ticket's status must be one of this board.
    #[serde(default)]
    pub board: Option<Reference<BoardId>>,
    /// The status.
    #[serde(default)]
    pub status: Option<Reference<StatusId>>,
    /// The company that the ticket belongs to.
    #[serde(default)]
    pub company: Option<Reference<CompanyId>>,
    /// `true` if the status closes the ticket.
    #[serde(default)]
    pub closed_flag: bool,
    /// Our key.
    #[serde(default, rename = "externalXRef")]
    pub external_reference: Option<String>,
    /// The ticket that this one was merged into.
    #[serde(default)]
    pub merged_parent_ticket: Option<Reference<TicketId>>,
}

impl Ticket {
    /// Returns `true` if the ticket is closed or merged into another one.
    pub fn is_closed(&self) -> bool {
        self.closed_flag || self.merged_parent_ticket.is_some()
    }
}

/// A ticket to create.
#[derive(Clone, Debug)]
pub struct NewTicket {
    /// The summary, truncated to 100 characters. If it is longer, the description begins with the whole summary.
    pub summary: String,
    /// Description of the failure, for people.
    pub description: String,
    /// The company that the ticket belongs to.
    pub company: CompanyId,
    /// The board.
    pub board: BoardId,
    /// The status, one of the board's.
    pub status: StatusId,
    /// The fields that do not depend on the content.
    pub fields: TicketFields,
    /// The contact, one of the company's.
    pub contact: Option<ContactId>,
    /// The values of custom fields.
    pub custom_fields: Vec<CustomFieldValue>,
    /// The agreement that bills work on the ticket.
    pub agreement: Option<AgreementId>,
    /// Our key. It is not truncated, so it must have at most 100 characters.
    pub external_reference: String,
    /// `true` if the board's rules may send mail about the ticket.
    pub notify: bool,
}

/// A configuration that is attached to a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TicketConfiguration {
    /// The configuration's id.
    pub id: ConfigurationId,
}

impl Entity for Ticket {
    const FIELDS: &'static str = "id,summary,board,status,company,closedFlag,externalXRef,mergedParentTicket";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Entity for TicketConfiguration {
    const FIELDS: &'static str = "id";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Looks up the company's ticket with our key, open or closed.
pub fn find(company: CompanyId, external_reference: &str) -> Lookup<Ticket> {
    let list = |condition| ListRequest::all("find-ticket", PATH).with_condition(condition);
    let key = external_reference.to_owned();
    let matches = move |row: &Ticket| {
        row.external_reference.as_deref().is_some_and(|reference| eq_normalized(reference, &key))
            && row.company.as_ref().is_some_and(|owner| owner.id == company)
    };
    // A condition on the reference is not documented.
    let label = format!("The ticket of {external_reference}");
    Lookup::new(label, list(Condition::text("externalXRef", external_reference)), matches)
        .or_among(list(Condition::number("company/id", company.get())))
}

/// Gets a ticket.
pub fn get(id: TicketId) -> SingleRequest<Ticket> {
    SingleRequest::get("ticket", format!("{PATH}/{id}"))
}

/// Finds the company's ticket with our key, or creates it.
pub fn find_or_create(new: &NewTicket) -> FindOrCreate<Ticket> {
    let summary = truncate(&new.summary, MAX_SUMMARY);
    let description = if summary.len() < new.summary.len() {
        format!("{} {}", new.summary, new.description)
    } else {
        new.description.clone()
    };
    let mut body = json!({
        "summary": summary,
        "initialDescription": description,
        "recordType": "ServiceTicket",
        "company": reference(new.company),
        "board": reference(new.board),
        "status": reference(new.status),
        "externalXRef": new.external_reference,
        "processNotifications": new.notify,
    });
    let TicketFields { ticket_type, subtype, item, priority, source, impact, urgency } = &new.fields;
    let level = |level: &Option<Level>| level.map(|level| json!(level.as_str()));
    for (name, value) in [
        ("agreement", new.agreement.map(reference)),
        ("type", ticket_type.map(reference)),
        ("subType", subtype.map(reference)),
        ("item", item.map(reference)),
        ("priority", priority.map(reference)),
        ("source", source.map(reference)),
        ("impact", level(impact)),
        ("severity", level(urgency)),
        ("contact", new.contact.map(reference)),
        ("customFields", (!new.custom_fields.is_empty()).then(|| json!(new.custom_fields))),
    ] {
        if let (Value::Object(body), Some(value)) = (&mut body, value) {
            body.insert(name.to_owned(), value);
        }
    }
    let create = SingleRequest::post("create-ticket", PATH.to_owned(), body);
    FindOrCreate { lookup: find(new.company, &new.external_reference), create }
}

/// Changes the ticket's status. It must be a status of the ticket's board.
pub fn set_status(id: TicketId, status: StatusId) -> SingleRequest<Ticket> {
    SingleRequest::patch(
        "set-ticket-status",
        format!("{PATH}/{id}"),
        &Patch::new().set_reference("status", Some(status)),
    )
}

/// Lists the configurations attached to a ticket.
pub fn configurations(ticket: TicketId) -> ListRequest<TicketConfiguration> {
    ListRequest::all("ticket-configurations", format!("{PATH}/{ticket}/configurations"))
}

/// Finds the configuration among the ticket's configurations, or attaches it. Both must belong to the same company.
pub fn find_or_create_configuration(
    ticket: TicketId,
    configuration: ConfigurationId,
) -> FindOrCreate<TicketConfiguration> {
    let (label, list) = (format!("Configuration {configuration} of ticket {ticket}"), configurations(ticket));
    let path = format!("{PATH}/{ticket}/configurations");
    FindOrCreate {
        lookup: Lookup::new(label, list, move |attached: &TicketConfiguration| attached.id == configuration),
        create: SingleRequest::post("attach-configuration", path, reference(configuration)),
    }
}
