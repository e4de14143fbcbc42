//! Service tickets, and the configurations attached to them.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::connectwise::id::reference;
use crate::connectwise::patch::Patch;
use crate::connectwise::query::Conditions;
use crate::connectwise::text::{cut, is_same};
use crate::connectwise::{
    AgreementId, BoardId, CompanyId, ConfigurationId, List, One, Record, Reference, Search, StatusId, TicketId, Wanted,
};

const PATH: &str = "/service/tickets";
const MAX_SUMMARY: usize = 100;

/// A ticket. People may move it to another board, close it, merge it or delete it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// Its number.
    pub id: TicketId,
    /// What it is about.
    #[serde(default)]
    pub summary: String,
    /// Where it is; its statuses are this board's.
    #[serde(default)]
    pub board: Option<Reference<BoardId>>,
    /// Its status.
    #[serde(default)]
    pub status: Option<Reference<StatusId>>,
    /// Whose it is.
    #[serde(default)]
    pub company: Option<Reference<CompanyId>>,
    /// Whether its status closes it.
    #[serde(default)]
    pub closed_flag: bool,
    /// Our key.
    #[serde(default, rename = "externalXRef")]
    pub external_reference: Option<String>,
    /// The ticket that it was merged into.
    #[serde(default)]
    pub merged_parent_ticket: Option<Reference<TicketId>>,
}

impl Ticket {
    /// Whether nobody works on it any more.
    pub fn is_closed(&self) -> bool {
        self.closed_flag || self.merged_parent_ticket.is_some()
    }
}

/// A ticket to be made.
#[derive(Clone, Debug)]
pub struct NewTicket {
    /// What it is about; cut at 100 characters, and then said whole in the description.
    pub summary: String,
    /// What happened, for people.
    pub description: String,
    /// Whose it is.
    pub company: CompanyId,
    /// Where it goes.
    pub board: BoardId,
    /// Its status, one of the board's.
    pub status: StatusId,
    /// What its work is billed by.
    pub agreement: Option<AgreementId>,
    /// Our key; not cut, so 100 characters at most.
    pub external_reference: String,
    /// Whether the board's rules mail it to people.
    pub notify: bool,
}

/// A configuration that is attached to a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Attached {
    /// The configuration's number.
    pub id: ConfigurationId,
}

impl Record for Ticket {
    const FIELDS: &'static str = "id,summary,board,status,company,closedFlag,externalXRef,mergedParentTicket";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Record for Attached {
    const FIELDS: &'static str = "id";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// The company's ticket that has our key, closed or not.
pub fn find(company: CompanyId, external_reference: &str) -> Search<Ticket> {
    let of_company = || Conditions::new().number("company/id", company.get());
    let list = |conditions| List::all("find-ticket", PATH).only(conditions);
    let key = external_reference.to_owned();
    let is_it = move |row: &Ticket| row.external_reference.as_deref().is_some_and(|held| is_same(held, &key));
    // Whether conditions know the reference is not documented.
    let what = format!("The ticket of {external_reference}");
    Search::new(what, list(of_company().text("externalXRef", external_reference)), is_it).or_among(list(of_company()))
}

/// One ticket.
pub fn get(id: TicketId) -> One<Ticket> {
    One::get("ticket", format!("{PATH}/{id}"))
}

/// Those of the tickets that are there and were changed since a moment; up to 100 in one call, to keep the address short.
pub fn changed_since(since: Timestamp, ids: &[TicketId]) -> List<Ticket> {
    let conditions = Conditions::new().among("id", ids.iter().map(|id| id.get())).after("lastUpdated", since);
    List::all("changed-tickets", PATH).only(conditions)
}

/// A ticket, made unless the company has one with our key.
pub fn wanted(new: &NewTicket) -> Wanted<Ticket> {
    let summary = cut(&new.summary, MAX_SUMMARY);
    let description = if summary.len() < new.summary.len() {
        format!("{} {}", new.summary, new.description)
    } else {
        new.description.clone()
    };
    let body = json!({
        "summary": summary,
        "initialDescription": description,
        "recordType": "ServiceTicket",
        "company": reference(new.company),
        "board": reference(new.board),
        "status": reference(new.status),
        "agreement": new.agreement.map(reference),
        "externalXRef": new.external_reference,
        "processNotifications": new.notify,
    });
    let create = One::post("create-ticket", PATH.to_owned(), body);
    Wanted { search: find(new.company, &new.external_reference), create }
}

/// Gives a ticket another status, which must be its board's.
pub fn set_status(id: TicketId, status: StatusId) -> One<Ticket> {
    One::patch("set-ticket-status", format!("{PATH}/{id}"), &Patch::new().refer("status", Some(status)))
}

/// The configurations attached to a ticket.
pub fn configurations(ticket: TicketId) -> List<Attached> {
    List::all("ticket-configurations", format!("{PATH}/{ticket}/configurations"))
}

/// A configuration, attached to a ticket of the same company unless it is.
pub fn wanted_configuration(ticket: TicketId, configuration: ConfigurationId) -> Wanted<Attached> {
    let (what, list) = (format!("Configuration {configuration} of ticket {ticket}"), configurations(ticket));
    let path = format!("{PATH}/{ticket}/configurations");
    Wanted {
        search: Search::new(what, list, move |held: &Attached| held.id == configuration),
        create: One::post("attach-configuration", path, reference(configuration)),
    }
}
