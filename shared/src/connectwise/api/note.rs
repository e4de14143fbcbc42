//! Notes of a ticket.

use serde::Deserialize;
use serde_json::json;

use crate::connectwise::text::is_same;
use crate::connectwise::{List, NoteId, One, Record, Search, TicketId, Wanted};

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// Its number.
    pub id: NoteId,
    /// What it says, on one line.
    #[serde(default)]
    pub text: String,
    /// Whether it is shown to the customer.
    #[serde(default)]
    pub detail_description_flag: bool,
    /// Whether it is shown to the MSP's own people.
    #[serde(default)]
    pub internal_analysis_flag: bool,
    /// Whether it is shown as the solution.
    #[serde(default)]
    pub resolution_flag: bool,
}

/// Where a note is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// To the customer.
    Discussion,
    /// To the MSP's own people.
    Internal,
    /// As the solution.
    Resolution,
}

impl Record for Note {
    const FIELDS: &'static str = "id,text,detailDescriptionFlag,internalAnalysisFlag,resolutionFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// All notes of a ticket.
pub fn of_ticket(ticket: TicketId) -> List<Note> {
    List::all("ticket-notes", format!("/service/tickets/{ticket}/notes"))
}

/// A note, of which nobody is mailed, made unless the ticket has one that says the same.
pub fn wanted(ticket: TicketId, text: &str, place: Place) -> Wanted<Note> {
    let wanted = text.to_owned();
    let search = Search::new(format!("The note on ticket {ticket}"), of_ticket(ticket), move |held: &Note| {
        is_same(&held.text, &wanted)
    });
    Wanted { search, create: create(ticket, text, place) }
}

/// Adds a note, of which nobody is mailed.
pub fn create(ticket: TicketId, text: &str, place: Place) -> One<Note> {
    let body = json!({
        "text": text,
        "detailDescriptionFlag": place == Place::Discussion,
        "internalAnalysisFlag": place == Place::Internal,
        "resolutionFlag": place == Place::Resolution,
        "processNotifications": false,
    });
    One::post("create-note", format!("/service/tickets/{ticket}/notes"), body)
}
