//! Notes of tickets.

use serde::Deserialize;
use serde_json::json;

use crate::connectwise::text::eq_normalized;
use crate::connectwise::{Entity, FindOrCreate, ListRequest, Lookup, NoteId, SingleRequest, TicketId};
use crate::http_client::one_line;

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// The note's id.
    pub id: NoteId,
    /// The text, on one line.
    #[serde(default)]
    pub text: String,
    /// `true` if the customer sees the note.
    #[serde(default)]
    pub detail_description_flag: bool,
    /// `true` if the MSP's staff sees the note.
    #[serde(default)]
    pub internal_analysis_flag: bool,
    /// `true` if the note is shown as the resolution.
    #[serde(default)]
    pub resolution_flag: bool,
}

/// Visibility of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteVisibility {
    /// Visible to the customer.
    Discussion,
    /// Visible to the MSP's staff.
    Internal,
    /// Shown as the resolution.
    Resolution,
}

impl Entity for Note {
    const FIELDS: &'static str = "id,text,detailDescriptionFlag,internalAnalysisFlag,resolutionFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Lists all notes of a ticket.
pub fn list(ticket: TicketId) -> ListRequest<Note> {
    ListRequest::all("ticket-notes", format!("/service/tickets/{ticket}/notes"))
}

/// Finds the ticket's note with this text, or creates it. ConnectWise keeps no line breaks, and sends no mail about the note.
pub fn find_or_create(ticket: TicketId, text: &str, visibility: NoteVisibility) -> FindOrCreate<Note> {
    let expected = one_line(text);
    let lookup = Lookup::new(format!("The note on ticket {ticket}"), list(ticket), move |note: &Note| {
        eq_normalized(&one_line(&note.text), &expected)
    });
    FindOrCreate { lookup, create: create(ticket, text, visibility) }
}

/// Finds the ticket's note whose text begins with `beginning`.
pub fn with_beginning(ticket: TicketId, beginning: &str) -> Lookup<Note> {
    let beginning = beginning.to_owned();
    Lookup::new(format!("The note on ticket {ticket}"), list(ticket), move |note: &Note| {
        one_line(&note.text).starts_with(&beginning)
    })
}

/// Creates a note. ConnectWise sends no mail about the note.
pub fn create(ticket: TicketId, text: &str, visibility: NoteVisibility) -> SingleRequest<Note> {
    let body = json!({
        "text": one_line(text),
        "detailDescriptionFlag": visibility == NoteVisibility::Discussion,
        "internalAnalysisFlag": visibility == NoteVisibility::Internal,
        "resolutionFlag": visibility == NoteVisibility::Resolution,
        "processNotifications": false,
    });
    SingleRequest::post("create-note", format!("/service/tickets/{ticket}/notes"), body)
}
