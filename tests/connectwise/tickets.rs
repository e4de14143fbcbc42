//! Tickets, their notes, and the configurations attached to them.

use jiff::SignedDuration;
use serde_json::json;
use service_manager::connectwise::api::note::{self, Place};
use service_manager::connectwise::api::ticket::{self, NewTicket};
use service_manager::connectwise::{AgreementId, BoardId, ConfigurationId, StatusId, TicketId};

use super::{ACME, BLUE_LIGHT, Desk, refusal};

const PRINTER: TicketId = TicketId::new(1001);

pub fn failure() -> NewTicket {
    NewTicket {
        summary: "Backup of ann@acme.example failed".to_owned(),
        description: "The mailbox refused the password.".to_owned(),
        company: ACME,
        board: BoardId::new(1),
        status: StatusId::new(11),
        agreement: Some(AgreementId::new(101)),
        external_reference: "euwest.backup.10".to_owned(),
        notify: false,
    }
}

#[tokio::test]
async fn a_ticket_is_made_once_moved_on_and_closed() {
    let desk = Desk::start().await;
    let made = desk.client().find_or_create(&ticket::wanted(&failure())).await.unwrap();
    assert_eq!(desk.client().find_or_create(&ticket::wanted(&failure())).await.unwrap(), made);
    assert_eq!(desk.client().one(&ticket::get(made.id)).await.unwrap(), made);
    assert_eq!((made.summary.as_str(), made.is_closed()), ("Backup of ann@acme.example failed", false));
    assert_eq!(made.board.as_ref().map(|board| board.id), Some(BoardId::new(1)));
    let held = desk.held("ticket", made.id.get());
    assert_eq!((&held["agreement"]["id"], &held["processNotifications"]), (&json!(101), &json!(false)));
    for (status, closed) in [(12, false), (13, true), (11, false)] {
        let ticket = desk.client().one(&ticket::set_status(made.id, StatusId::new(status))).await.unwrap();
        assert_eq!((ticket.status.map(|status| status.id.get()), ticket.closed_flag), (Some(status), closed));
    }
    assert_eq!(desk.client().find(&ticket::find(ACME, "euwest.backup.1")).await.unwrap(), None);
    assert_eq!(desk.client().find(&ticket::find(BLUE_LIGHT, "euwest.backup.10")).await.unwrap(), None);
}

#[tokio::test]
async fn a_status_is_of_the_tickets_board() {
    let desk = Desk::start().await;
    let error = desk.client().one(&ticket::set_status(PRINTER, StatusId::new(23))).await.unwrap_err();
    assert_eq!(refusal(&error), (400, vec!["NotFound status/id".to_owned()]));
    let elsewhere = NewTicket { board: BoardId::new(2), ..failure() };
    let error = desk.client().find_or_create(&ticket::wanted(&elsewhere)).await.unwrap_err();
    assert_eq!(refusal(&error), (400, vec!["NotFound status/id".to_owned()]));
}

#[tokio::test]
async fn a_long_summary_is_said_whole_in_the_description() {
    let desk = Desk::start().await;
    let long = NewTicket { summary: format!("{}!", "ö".repeat(100)), agreement: None, ..failure() };
    let made = desk.client().find_or_create(&ticket::wanted(&long)).await.unwrap();
    assert_eq!(made.summary, "ö".repeat(100));
    let notes = desk.client().all(&note::of_ticket(made.id)).await.unwrap();
    assert_eq!(notes[0].text, format!("{}! The mailbox refused the password.", "ö".repeat(100)));
    assert!(notes[0].detail_description_flag);
}

#[tokio::test]
async fn an_instance_that_does_not_search_by_our_reference() {
    let desk = Desk::start().await;
    desk.settings(json!({ "unfilterable": ["externalXRef"] }));
    let made = desk.client().find_or_create(&ticket::wanted(&failure())).await.unwrap();
    assert_eq!(desk.client().find_or_create(&ticket::wanted(&failure())).await.unwrap().id, made.id);
    assert_eq!(desk.count("ticket"), 2);
}

#[tokio::test]
async fn people_merge_tickets() {
    let desk = Desk::start().await;
    let body = json!({ "id": 1001, "closedFlag": false, "mergedParentTicket": { "id": 5, "summary": "Both" } });
    desk.faults(json!([{ "path": "/service/tickets/1001", "status": 200, "body": body }]));
    assert!(desk.client().one(&ticket::get(PRINTER)).await.unwrap().is_closed());
}

#[tokio::test]
async fn tickets_that_changed() {
    let desk = Desk::start().await;
    let made = desk.client().find_or_create(&ticket::wanted(&failure())).await.unwrap();
    desk.clock.advance(SignedDuration::from_mins(10));
    let since = desk.clock.now() - SignedDuration::from_mins(5);
    let both = [PRINTER, made.id, TicketId::new(9)];
    assert_eq!(desk.client().all(&ticket::changed_since(since, &both)).await.unwrap(), []);
    desk.client().one(&ticket::set_status(PRINTER, StatusId::new(13))).await.unwrap();
    let changed = desk.client().all(&ticket::changed_since(since, &both)).await.unwrap();
    assert_eq!(changed.iter().map(|ticket| (ticket.id, ticket.closed_flag)).collect::<Vec<_>>(), [(PRINTER, true)]);
    assert_eq!(desk.client().all(&ticket::changed_since(since, &[made.id])).await.unwrap(), []);
}

#[tokio::test]
async fn notes_are_shown_where_they_belong() {
    let desk = Desk::start().await;
    for (place, flags) in [
        (Place::Discussion, (true, false, false)),
        (Place::Internal, (false, true, false)),
        (Place::Resolution, (false, false, true)),
    ] {
        let note = desk.client().one(&note::create(PRINTER, "Tried again.", place)).await.unwrap();
        assert_eq!((note.detail_description_flag, note.internal_analysis_flag, note.resolution_flag), flags);
        assert_eq!(desk.held("serviceNote", note.id.get())["processNotifications"], false);
    }
    let notes = desk.client().all(&note::of_ticket(PRINTER)).await.unwrap();
    assert_eq!(notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["Tried again."; 3]);
}

#[tokio::test]
async fn a_configuration_is_attached_once() {
    let desk = Desk::start().await;
    let server = ConfigurationId::new(301);
    let wanted = ticket::wanted_configuration(PRINTER, server);
    for _ in 0..2 {
        assert_eq!(desk.client().find_or_create(&wanted).await.unwrap().id, server);
    }
    assert_eq!(desk.calls("POST", "/service/tickets/1001/configurations"), 1);
    let attached = desk.client().all(&ticket::configurations(PRINTER)).await.unwrap();
    assert_eq!(attached.iter().map(|row| row.id).collect::<Vec<_>>(), [server]);
    let others = ticket::wanted_configuration(PRINTER, ConfigurationId::new(302));
    let error = desk.client().find_or_create(&others).await.unwrap_err();
    assert_eq!(refusal(&error), (400, vec!["NotFound id".to_owned()]));
}
