//! Tickets, their notes, and the configurations attached to them.

use serde_json::json;
use service_manager::connectwise::api::contact;
use service_manager::connectwise::api::note::{self, NoteVisibility};
use service_manager::connectwise::api::ticket::{self, NewTicket};
use service_manager::connectwise::api::ticket_class;
use service_manager::connectwise::api::ticket_field::{self, CustomFieldValue, FieldValue, Level, TicketFields};
use service_manager::connectwise::{
    AgreementId, BoardId, ConfigurationId, ConnectWiseError, ContactId, CustomFieldId, ItemId, PriorityId, SourceId,
    StatusId, SubtypeId, TicketId, TicketTypeId,
};

use super::{ACME, BLUE_LIGHT, Fixture, refusal};

pub const PRINTER: TicketId = TicketId::new(1001);

pub fn failure() -> NewTicket {
    NewTicket {
        summary: "Backup of ann@acme.example failed".to_owned(),
        description: "The mailbox refused the password.".to_owned(),
        company: ACME,
        board: BoardId::new(1),
        status: StatusId::new(11),
        fields: TicketFields::default(),
        contact: None,
        custom_fields: Vec::new(),
        agreement: Some(AgreementId::new(101)),
        external_reference: "euwest.backup.10".to_owned(),
        notify: false,
    }
}

/// A ticket with all fields.
pub fn complete() -> NewTicket {
    let value = |id, value| CustomFieldValue { id: CustomFieldId::new(id), value };
    NewTicket {
        fields: TicketFields {
            ticket_type: Some(TicketTypeId::new(11)),
            subtype: Some(SubtypeId::new(12)),
            item: Some(ItemId::new(11)),
            priority: Some(PriorityId::new(2)),
            source: Some(SourceId::new(3)),
            impact: Some(Level::High),
            urgency: Some(Level::Low),
        },
        contact: Some(ContactId::new(99)),
        custom_fields: vec![
            value(1, FieldValue::Text("4711".to_owned())),
            value(3, FieldValue::Number(2.into())),
            value(4, FieldValue::Flag(true)),
        ],
        external_reference: "euwest.backup.11".to_owned(),
        ..failure()
    }
}

#[tokio::test]
async fn a_board_that_requires_every_field() {
    let fixture = Fixture::start().await;
    let required = ["type", "subType", "item", "priority", "source", "impact", "severity", "contact", "customFields"];
    fixture.settings(json!({ "ticketRequires": { "1": required } }));
    let error = fixture.client().find_or_create(&ticket::find_or_create(&failure())).await.unwrap_err();
    let ConnectWiseError::Rejected(rejection) = error else { panic!("{error}") };
    let fields: Vec<_> = rejection.field_errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, required);
    let made = fixture.client().find_or_create(&ticket::find_or_create(&complete())).await.unwrap();
    let record = fixture.record("ticket", made.id.get());
    let ids = ["type", "subType", "item", "priority", "source", "contact"].map(|field| &record[field]["id"]);
    assert_eq!(ids, [&json!(11), &json!(12), &json!(11), &json!(2), &json!(3), &json!(99)]);
    assert_eq!((&record["impact"], &record["severity"]), (&json!("High"), &json!("Low")));
    let values: Vec<_> = record["customFields"].as_array().unwrap().iter().map(|field| &field["value"]).collect();
    assert_eq!(values, [&json!("4711"), &json!(null), &json!(2), &json!(true), &json!(null)]);
}

#[tokio::test]
async fn a_field_that_does_not_go_with_the_others_is_refused_by_its_name() {
    let fixture = Fixture::start().await;
    let fields = complete().fields;
    for (new, expected) in [
        (
            NewTicket {
                fields: TicketFields { ticket_type: Some(TicketTypeId::new(12)), ..fields.clone() },
                ..complete()
            },
            "NotFound item/id",
        ),
        (
            NewTicket { fields: TicketFields { ticket_type: None, ..fields.clone() }, ..complete() },
            "NotFound subType/id",
        ),
        (
            NewTicket { fields: TicketFields { item: Some(ItemId::new(12)), ..fields.clone() }, ..complete() },
            "NotFound item/id",
        ),
        (
            NewTicket { fields: TicketFields { source: Some(SourceId::new(9)), ..fields }, ..complete() },
            "NotFound source/id",
        ),
        (NewTicket { contact: Some(ContactId::new(100)), ..complete() }, "NotFound contact/id"),
    ] {
        let error = fixture.client().find_or_create(&ticket::find_or_create(&new)).await.unwrap_err();
        assert_eq!(refusal(&error), (400, vec![expected.to_owned()]));
    }
}

#[tokio::test]
async fn what_goes_with_a_type_is_listed() {
    let fixture = Fixture::start().await;
    let board = BoardId::new(1);
    let subtypes = fixture.client().list_all(&ticket_class::subtypes(board)).await.unwrap();
    assert_eq!(subtypes.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["Backup", "E-mail"], "active");
    let items = fixture.client().list_all(&ticket_class::items(board)).await.unwrap();
    assert_eq!(items.iter().map(|found| found.id.get()).collect::<Vec<_>>(), [12, 11]);
    let rows = fixture.client().list_all(&ticket_class::associations(board)).await.unwrap();
    let (incident, request) = (TicketTypeId::new(11), TicketTypeId::new(12));
    let (backup, mail) = (SubtypeId::new(11), SubtypeId::new(12));
    let joins = |ticket_type, subtype| rows.iter().filter(|row| row.joins(ticket_type, subtype)).count();
    assert_eq!((joins(incident, backup), joins(incident, mail)), (2, 1));
    assert_eq!((joins(request, backup), joins(request, mail)), (0, 1));
    assert!(rows.iter().any(|row| row.joins(incident, mail) && row.has_item(ItemId::new(11))));
    let sources = fixture.client().list_all(&ticket_field::sources()).await.unwrap();
    let sources: Vec<_> = sources.iter().map(|source| (source.name.as_str(), source.default_flag)).collect();
    assert_eq!(sources, [("Call", true), ("Email Connector", false), ("Sync", false)]);
    let contacts = fixture.client().list_all(&contact::of_company(ACME)).await.unwrap();
    assert_eq!(
        contacts.iter().map(|found| (found.id.get(), found.name())).collect::<Vec<_>>(),
        [(99, "Ann Acme".to_owned())]
    );
}

#[tokio::test]
async fn the_custom_fields_of_tickets_are_listed() {
    let fixture = Fixture::start().await;
    let fields = fixture.client().list_all(&ticket_field::custom_fields()).await.unwrap();
    let captions: Vec<_> = fields.iter().map(|field| field.caption.as_str()).collect();
    assert_eq!(
        captions,
        ["Cost Centre", "Service Level", "Billable Hours", "Reviewed"],
        "without those of companies, and those that are read only"
    );
    assert_eq!(fields[1].choices().collect::<Vec<_>>(), ["Gold", "Silver"]);
}

#[tokio::test]
async fn a_ticket_is_created_once_updated_and_closed() {
    let fixture = Fixture::start().await;
    let made = fixture.client().find_or_create(&ticket::find_or_create(&failure())).await.unwrap();
    assert_eq!(fixture.client().find_or_create(&ticket::find_or_create(&failure())).await.unwrap(), made);
    assert_eq!(fixture.client().send(&ticket::get(made.id)).await.unwrap(), made);
    assert_eq!((made.summary.as_str(), made.is_closed()), ("Backup of ann@acme.example failed", false));
    assert_eq!(made.board.as_ref().map(|board| board.id), Some(BoardId::new(1)));
    let record = fixture.record("ticket", made.id.get());
    assert_eq!((&record["agreement"]["id"], &record["processNotifications"]), (&json!(101), &json!(false)));
    for (status, closed) in [(12, false), (13, true), (11, false)] {
        let ticket = fixture.client().send(&ticket::set_status(made.id, StatusId::new(status))).await.unwrap();
        assert_eq!((ticket.status.map(|status| status.id.get()), ticket.closed_flag), (Some(status), closed));
    }
    assert_eq!(fixture.client().find(&ticket::find(ACME, "euwest.backup.1")).await.unwrap(), None);
    assert_eq!(fixture.client().find(&ticket::find(BLUE_LIGHT, "euwest.backup.10")).await.unwrap(), None);
}

#[tokio::test]
async fn a_status_belongs_to_the_tickets_board() {
    let fixture = Fixture::start().await;
    let error = fixture.client().send(&ticket::set_status(PRINTER, StatusId::new(23))).await.unwrap_err();
    assert_eq!(refusal(&error), (400, vec!["NotFound status/id".to_owned()]));
    let elsewhere = NewTicket { board: BoardId::new(2), ..failure() };
    let error = fixture.client().find_or_create(&ticket::find_or_create(&elsewhere)).await.unwrap_err();
    assert_eq!(refusal(&error), (400, vec!["NotFound status/id".to_owned()]));
}

#[tokio::test]
async fn a_long_summary_is_complete_in_the_description() {
    let fixture = Fixture::start().await;
    let long = NewTicket { summary: format!("{}!", "ö".repeat(100)), agreement: None, ..failure() };
    let made = fixture.client().find_or_create(&ticket::find_or_create(&long)).await.unwrap();
    assert_eq!(made.summary, "ö".repeat(100));
    let notes = fixture.client().list_all(&note::list(made.id)).await.unwrap();
    assert_eq!(notes[0].text, format!("{}! The mailbox refused the password.", "ö".repeat(100)));
    assert!(notes[0].detail_description_flag);
}

#[tokio::test]
async fn an_instance_that_does_not_support_searches_by_our_reference() {
    let fixture = Fixture::start().await;
    fixture.settings(json!({ "unfilterable": ["externalXRef"] }));
    let made = fixture.client().find_or_create(&ticket::find_or_create(&failure())).await.unwrap();
    assert_eq!(fixture.client().find_or_create(&ticket::find_or_create(&failure())).await.unwrap().id, made.id);
    assert_eq!(fixture.count("ticket"), 2);
}

#[tokio::test]
async fn people_merge_tickets() {
    let fixture = Fixture::start().await;
    let body = json!({ "id": 1001, "closedFlag": false, "mergedParentTicket": { "id": 5, "summary": "Both" } });
    fixture.faults(json!([{ "path": "/service/tickets/1001", "status": 200, "body": body }]));
    assert!(fixture.client().send(&ticket::get(PRINTER)).await.unwrap().is_closed());
}

#[tokio::test]
async fn notes_have_the_requested_visibility() {
    let fixture = Fixture::start().await;
    for (place, flags) in [
        (NoteVisibility::Discussion, (true, false, false)),
        (NoteVisibility::Internal, (false, true, false)),
        (NoteVisibility::Resolution, (false, false, true)),
    ] {
        let note = fixture.client().send(&note::create(PRINTER, "Tried again.", place)).await.unwrap();
        assert_eq!((note.detail_description_flag, note.internal_analysis_flag, note.resolution_flag), flags);
        assert_eq!(fixture.record("serviceNote", note.id.get())["processNotifications"], false);
    }
    let notes = fixture.client().list_all(&note::list(PRINTER)).await.unwrap();
    assert_eq!(notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["Tried again."; 3]);
}

#[tokio::test]
async fn a_configuration_is_attached_once() {
    let fixture = Fixture::start().await;
    let server = ConfigurationId::new(301);
    let wanted = ticket::find_or_create_configuration(PRINTER, server);
    for _ in 0..2 {
        assert_eq!(fixture.client().find_or_create(&wanted).await.unwrap().id, server);
    }
    assert_eq!(fixture.calls("POST", "/service/tickets/1001/configurations"), 1);
    let attached = fixture.client().list_all(&ticket::configurations(PRINTER)).await.unwrap();
    assert_eq!(attached.iter().map(|row| row.id).collect::<Vec<_>>(), [server]);
    let others = ticket::find_or_create_configuration(PRINTER, ConfigurationId::new(302));
    let error = fixture.client().find_or_create(&others).await.unwrap_err();
    assert_eq!(refusal(&error), (400, vec!["NotFound id".to_owned()]));
}

#[tokio::test]
async fn a_note_with_line_breaks_is_created_once() {
    let fixture = Fixture::start().await;
    let before = fixture.client().list_all(&note::list(PRINTER)).await.unwrap().len();
    let text = "Attempt 2 failed: IMAP error:\r\n\tno route\n to host.";
    for _ in 0..2 {
        let request = note::find_or_create(PRINTER, text, NoteVisibility::Internal);
        let note = fixture.client().find_or_create(&request).await.unwrap();
        assert_eq!(note.text, "Attempt 2 failed: IMAP error: no route to host.");
    }
    assert_eq!(fixture.client().list_all(&note::list(PRINTER)).await.unwrap().len(), before + 1);
}
